import { type JSX, Show } from 'solid-js'
import type { DeviceStatus } from '../../sdk/wire.ts'
import { Time } from '../ui/time.tsx'
import css from './status-word.module.css'
import { STATUS_WORDS } from './words.ts'

/** A device's status as a dot and its word, which never appear apart. */
export function StatusWord(props: { status: DeviceStatus; strong?: boolean }): JSX.Element {
  return (
    <span class={css.status} data-status={props.status} data-strong={props.strong || undefined}>
      <span class={css.dot} aria-hidden="true" />
      {STATUS_WORDS[props.status]}
    </span>
  )
}

/** When it was heard last, in words. */
export function LastHeard(props: { at: string | null; class?: string }): JSX.Element {
  return (
    <Show when={props.at} fallback={<span class={props.class}>never heard</span>}>
      {(at) => <Time at={at()} class={props.class} />}
    </Show>
  )
}
