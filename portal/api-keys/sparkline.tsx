import { For, type JSX } from 'solid-js'
import { count } from '../ui/format.ts'
import css from './sparkline.module.css'

const HEIGHT = 20
const STEP = 4

/** Uses a day, thirty days, today on the right. Also in words, for those who do not see it. */
export function Sparkline(props: { days: readonly number[]; large?: boolean }): JSX.Element {
  const most = () => Math.max(1, ...props.days)
  const total = () => props.days.reduce((sum, day) => sum + day, 0)
  const words = () => {
    if (total() === 0) return 'Not used in the last 30 days'
    return `${count(total(), 'use')} in the last 30 days, ${count(props.days.at(-1) ?? 0, 'use')} today`
  }
  return (
    <svg
      class={`${css.line} ${props.large ? css.large : ''}`}
      viewBox={`0 0 ${props.days.length * STEP} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={words()}
    >
      <title>{words()}</title>
      <For each={props.days}>
        {(day, at) => (
          <rect
            class={day === 0 ? css.none : css.some}
            x={at() * STEP}
            width={STEP - 1}
            y={HEIGHT - height(day, most())}
            height={height(day, most())}
          />
        )}
      </For>
    </svg>
  )
}

/** One use is visible beside a thousand. */
function height(day: number, most: number): number {
  return day === 0 ? 1 : Math.max(3, (day / most) * HEIGHT)
}
