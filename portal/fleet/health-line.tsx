import { For, type JSX, Show } from 'solid-js'
import css from './health.module.css'
import { CLOCK_LIMIT_MS, DAY_MS, type Line, type Metric, type Point, type Silence } from './health.ts'

const [WIDTH, HEIGHT] = [1000, 100]

export interface HealthLineProps {
  metric: Metric
  line: Line
  silences: readonly Silence[]
  now: number
  /** The same in words. */
  words: string
  /** Where the reader points, 0: a day ago, 1: now. */
  pointed: number | undefined
}

/** A day of one metric as a line, broken and shaded where the device was silent. */
export function HealthLine(props: HealthLineProps): JSX.Element {
  const x = (at: number) => Math.max(0, (at - (props.now - DAY_MS)) / DAY_MS) * WIDTH
  const level = (value: number): number => {
    const { low, high } = props.line.scale
    return HEIGHT - ((value - low) / (high - low)) * HEIGHT
  }
  const limits = () =>
    props.metric === 'clock_offset_ms' ? [CLOCK_LIMIT_MS, -CLOCK_LIMIT_MS].map(level) : []
  return (
    <svg
      class={css.line}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={props.words}
    >
      <For each={props.silences}>
        {(silence) => (
          <rect
            class={css.silence}
            x={x(silence.from)}
            width={Math.max(0, x(silence.to) - x(silence.from))}
            y={0}
            height={HEIGHT}
          />
        )}
      </For>
      <For each={limits()}>{(y) => <line class={css.limit} x1={0} x2={WIDTH} y1={y} y2={y} />}</For>
      <Show when={props.metric !== 'clock_offset_ms'}>
        <For each={props.line.runs}>{(run) => <path class={css.area} d={areaOf(run)} />}</For>
      </Show>
      <For each={props.line.runs}>{(run) => <path class={css.stroke} d={pathOf(run)} />}</For>
      <Show when={props.pointed !== undefined && { at: props.pointed * WIDTH }}>
        {(pointed) => <line class={css.pointer} x1={pointed().at} x2={pointed().at} y1={0} y2={HEIGHT} />}
      </Show>
    </svg>
  )
}

/** A lone point is drawn as well: its round cap is a dot. */
function pathOf(run: readonly Point[]): string {
  const [first, ...rest] = run.map(place)
  return `M${first}${rest.length === 0 ? 'h0.01' : `L${rest.join(' ')}`}`
}

function areaOf(run: readonly Point[]): string {
  const [first, last] = [run[0]?.x ?? 0, run.at(-1)?.x ?? 0]
  return `M${round(first * WIDTH)} ${HEIGHT}L${run.map(place).join(' ')} ${round(last * WIDTH)} ${HEIGHT}Z`
}

function place({ x, y }: Point): string {
  return `${round(Math.max(0, x) * WIDTH)} ${round((1 - y) * HEIGHT)}`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
