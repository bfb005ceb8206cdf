import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { Index, type JSX, Show } from 'solid-js'
import type { DeviceDetail } from '../api.ts'
import css from './device-strip.module.css'
import { FULL_PERCENT, isClockOff } from './health.ts'
import { LastHeard, StatusWord } from './status-word.tsx'
import { backlog, clockOffset, percent } from './words.ts'

/** Everything one asks first of a robot, in one strip. */
export function DeviceStrip(props: { device: DeviceDetail }): JSX.Element {
  const metrics = () => props.device.metrics
  return (
    <dl class={css.strip} aria-label="State">
      <Fact label="Status" wide>
        <span class={css.status}>
          <StatusWord status={props.device.status} strong />
          <LastHeard at={props.device.last_heartbeat} class={css.heard} />
        </span>
      </Fact>
      <Fact label="Type" text={props.device.type} />
      <Fact label="Environment" text={props.device.environment} />
      <Fact label="Groups">
        <Show when={props.device.groups.length > 0}>
          <span class={css.groups}>
            <Index each={props.device.groups}>{(group) => <bdi class={css.group}>{group().name}</bdi>}</Index>
          </span>
        </Show>
      </Fact>
      <Fact label="Software" text={props.device.sdk_version} note={props.device.package_name} mono />
      <Fact label="Backlog" text={backlogOf(props.device)} />
      <Fact label="Disk">
        <Show when={metrics().disk_usage !== null && { used: metrics().disk_usage ?? 0 }}>
          {(disk) => (
            <span class={css.disk} data-off={disk().used >= FULL_PERCENT || undefined}>
              <Show when={disk().used >= FULL_PERCENT}>
                <TriangleAlert size={14} role="img" aria-label="Nearly full:" />
              </Show>
              {percent(disk().used)}
            </span>
          )}
        </Show>
      </Fact>
      <Fact label="Clock">
        <Show when={metrics().clock_offset_ms !== null && { ms: metrics().clock_offset_ms ?? 0 }}>
          {(offset) => (
            <span class={css.clock} data-off={isClockOff(metrics()) || undefined}>
              <Show when={isClockOff(metrics())}>
                <TriangleAlert size={14} role="img" aria-label="Wrong:" />
              </Show>
              {clockOffset(offset().ms)}
            </span>
          )}
        </Show>
      </Fact>
    </dl>
  )
}

/** What a clock that is off does, and what mends it. */
export function ClockWarning(props: { device: DeviceDetail }): JSX.Element {
  return (
    <Show when={isClockOff(props.device.metrics)}>
      <p class={css.warning} role="status">
        <TriangleAlert size={15} aria-hidden="true" />
        <span>
          Its clock is {clockOffset(props.device.metrics.clock_offset_ms ?? 0)} of the server’s, so the times
          of its logs are off by as much. On the robot, <code>timedatectl</code> says whether it follows a
          time server.
        </span>
      </p>
    </Show>
  )
}

function backlogOf({ metrics }: DeviceDetail): string | null {
  const words = backlog(metrics.backlog_episodes, metrics.backlog_bytes)
  if (words === '–') return null
  return words === '0' ? 'None' : words
}

function Fact(props: {
  label: string
  text?: string | null
  note?: string | null
  mono?: boolean
  wide?: boolean
  children?: JSX.Element
}): JSX.Element {
  return (
    <div class={css.fact} data-wide={props.wide || undefined}>
      <dt>{props.label}</dt>
      <dd>
        <Show
          when={props.children ?? props.text}
          fallback={<span class={css.none}>{props.note ? '' : 'Not known'}</span>}
        >
          {props.children ?? (
            <bdi class={props.mono ? 'mono' : undefined} title={props.text ?? undefined}>
              {props.text}
            </bdi>
          )}
        </Show>
        <Show when={props.note}>{(note) => <bdi class={css.note}>{note()}</bdi>}</Show>
      </dd>
    </div>
  )
}
