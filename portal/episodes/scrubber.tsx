import { type JSX, Show } from 'solid-js'
import { duration } from '../ui/format.ts'
import type { Playback } from './playback.ts'
import css from './player.module.css'

/** Where in the recording one is; the amber pin marks the failure and goes there. */
export function Scrubber(props: { playback: Playback; failure_time_s: number | null }): JSX.Element {
  const length = () => Math.max(props.playback.length(), 0.001)
  const part = (seconds: number) => `${Math.min(100, (seconds / length()) * 100)}%`
  const spoken = () => {
    const frame = props.playback.frame()
    const time = `${props.playback.time().toFixed(2)} s of ${length().toFixed(2)} s`
    return frame === undefined ? time : `${time}, frame ${frame}`
  }
  return (
    <div class={css.scrubber} style={{ '--part': part(props.playback.time()) }}>
      <input
        class={css.range}
        type="range"
        aria-label="Position"
        min="0"
        max={length()}
        step="any"
        value={props.playback.time()}
        aria-valuetext={spoken()}
        onInput={(event) => props.playback.seek(event.currentTarget.valueAsNumber)}
      />
      <Show
        when={props.failure_time_s !== null && props.playback.length() > 0 && { at: props.failure_time_s }}
      >
        {(failure) => (
          <button
            type="button"
            class={css.pin}
            style={{ left: part(failure().at) }}
            aria-label={`Failed at ${duration(failure().at)}. Jump there`}
            title={`Failed at ${duration(failure().at)} (f)`}
            onClick={() => props.playback.seek(failure().at)}
          />
        )}
      </Show>
    </div>
  )
}
