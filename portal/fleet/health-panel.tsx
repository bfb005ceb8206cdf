import { useQuery } from '@tanstack/solid-query'
import Activity from 'lucide-solid/icons/activity'
import TriangleAlert from 'lucide-solid/icons/triangle-alert'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { HealthSample } from '../../sdk/wire.ts'
import type { Device } from '../api.ts'
import { CodeBlock } from '../ui/code-tabs.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { size } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { useNow } from '../ui/time.tsx'
import { healthQuery } from './fleet-queries.ts'
import css from './health.module.css'
import { DAY_MS, isClockOff, lineOf, type Metric, sampleAt, silencesOf } from './health.ts'
import { HealthLine } from './health-line.tsx'
import { clockOffset, percent, signedOffset, span } from './words.ts'

const METRICS: {
  metric: Metric
  label: string
  words: (value: number) => string
  short?: (value: number) => string
}[] = [
  { metric: 'cpu_usage', label: 'CPU', words: percent },
  { metric: 'memory_usage', label: 'Memory', words: percent },
  { metric: 'disk_usage', label: 'Disk', words: percent },
  { metric: 'backlog_bytes', label: 'Backlog', words: size },
  { metric: 'clock_offset_ms', label: 'Clock', words: clockOffset, short: signedOffset },
]
/** Lines move on by so much, not every second. */
const STEP_MS = 15_000

const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })

/** What the device said of itself over the last 24 hours. */
export function HealthPanel(props: { device: Device }): JSX.Element {
  const health = useQuery(() => healthQuery(props.device))
  const samples = (): readonly HealthSample[] => (health.isSuccess ? health.data.items : [])
  return (
    <Section title="Health">
      <Switch fallback={<HealthLines device={props.device} samples={samples()} />}>
        <Match when={health.isError && !health.isSuccess}>
          <FormProblem error={health.error} />
        </Match>
        <Match when={health.isPending}>
          <div class={css.waiting} aria-busy="true" />
        </Match>
        <Match when={samples().length === 0}>
          <NoHealth device={props.device} />
        </Match>
      </Switch>
    </Section>
  )
}

function NoHealth(props: { device: Device }): JSX.Element {
  return (
    <EmptyState
      icon={<Activity size={22} aria-hidden="true" />}
      title={props.device.last_heartbeat ? 'Silent for a day' : 'Not heard yet'}
    >
      <p>On the robot, once it is enrolled. This page shows its first heartbeat by itself.</p>
      <div class={css.command}>
        <CodeBlock code="robotrace device heartbeat --every 30s" what="heartbeat command" />
      </div>
    </EmptyState>
  )
}

function HealthLines(props: { device: Device; samples: readonly HealthSample[] }): JSX.Element {
  const present = useNow()
  const [pointed, setPointed] = createSignal<number>()
  // The server's clock may be ahead of this one; the last sample is never in the future.
  const now = createMemo(() => {
    const last = Date.parse(props.samples.at(-1)?.at ?? '')
    return Math.max(Math.floor(present() / STEP_MS) * STEP_MS, Number.isNaN(last) ? 0 : last)
  })
  const silences = createMemo(() => silencesOf(props.samples, now()))
  const silent = () => silences().reduce((sum, { from, to }) => sum + to - from, 0)
  return (
    <>
      <div class={css.lines} onPointerLeave={() => setPointed(undefined)}>
        <For each={METRICS}>
          {(one) => (
            <HealthCard
              {...one}
              device={props.device}
              samples={props.samples}
              silences={silences()}
              now={now()}
              pointed={pointed()}
              point={setPointed}
            />
          )}
        </For>
      </div>
      <p class={css.note}>
        The last 24 hours, now on the right.{' '}
        <Show when={silent() > 0} fallback="Heard throughout.">
          Silent for {span(silent())} in all: there the lines are broken and the ground is grey.
        </Show>
      </p>
    </>
  )
}

interface CardProps {
  metric: Metric
  label: string
  words: (value: number) => string
  /** For a range of values, where the words would be too long. */
  short?: (value: number) => string
  device: Device
  samples: readonly HealthSample[]
  silences: { from: number; to: number }[]
  now: number
  pointed: number | undefined
  point: (at: number) => void
}

function HealthCard(props: CardProps): JSX.Element {
  const line = createMemo(() => lineOf(props.samples, props.metric, props.now))
  const present = () => props.device.metrics[props.metric]
  const isOff = () => props.metric === 'clock_offset_ms' && isClockOff(props.device.metrics)
  const range = (): string => {
    const known = line().range
    if (!known) return 'Not reported'
    const say = props.short ?? props.words
    const [least, most] = [say(known.least), say(known.most)]
    return least === most ? `${least} all day` : `${least} to ${most}`
  }
  const time = () => props.now - DAY_MS + (props.pointed ?? 1) * DAY_MS
  const then = (): string => {
    const value = sampleAt(props.samples, time())?.[props.metric] ?? null
    return `${value === null ? 'Silent' : props.words(value)} at ${clock.format(time())}`
  }
  const move = (event: PointerEvent & { currentTarget: HTMLElement }): void => {
    const { left, width } = event.currentTarget.getBoundingClientRect()
    props.point(Math.min(1, Math.max(0, (event.clientX - left) / width)))
  }
  return (
    <figure class={css.card}>
      <figcaption class={css.head}>
        <span class={css.label}>{props.label}</span>
        <span class={css.value} data-off={isOff() || undefined}>
          <Show when={isOff()}>
            <TriangleAlert size={13} aria-hidden="true" />
          </Show>
          {present() === null ? '–' : props.words(present() ?? 0)}
        </span>
      </figcaption>
      <div class={css.plot} onPointerMove={move}>
        <HealthLine
          metric={props.metric}
          line={line()}
          silences={props.silences}
          now={props.now}
          pointed={props.pointed}
          words={`${props.label}, last 24 hours: ${range()}`}
        />
      </div>
      <p class={css.range}>{props.pointed === undefined ? range() : then()}</p>
    </figure>
  )
}
