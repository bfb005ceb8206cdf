import type { Host } from './host.ts'
import { isLively, paint } from './print.ts'
import { duration, size } from './words.ts'

/** A line that shows how far a transfer is; on a terminal it is rewritten, elsewhere it is not there. */
export interface Progress {
  /** @param done_bytes what is through, of what there is */
  update: (done_bytes: number, total_bytes: number) => void
  /** Takes the line away, so that what comes next begins on it. */
  clear: () => void
  /** How long it took so far, seconds. */
  seconds: () => number
}

const EVERY_MS = 100
/** The rate is that of the last seconds: what matters is how it goes now. */
const WINDOW_MS = 5_000
const MOST_BAR = 30

/**
 * Bar, bytes, MB/s and the time that is left, on standard error.
 *
 * @param label what is on its way, such as `video`
 * @example const line = makeProgress(host, 'video'); line.update(500_000, 1_000_000); line.clear()
 */
export function makeProgress(host: Host, label: string): Progress {
  const lively = isLively(host.err, host.env) && !host.quiet
  const began = host.now()
  let samples: { at: number; bytes: number }[] = []
  let drawn = Number.NEGATIVE_INFINITY
  let visible = false
  let tries = 1
  let furthest = 0
  return {
    update: (done_bytes, total_bytes) => {
      const at = host.now()
      // It began again from the start: the server had asked to wait, or the connection had broken.
      if (done_bytes < furthest) {
        tries++
        samples = []
      }
      furthest = done_bytes
      samples = [...samples.filter((one) => at - one.at <= WINDOW_MS), { at, bytes: done_bytes }]
      if (!lively || (at - drawn < EVERY_MS && done_bytes < total_bytes)) return
      drawn = at
      visible = true
      host.err.write(
        `\r\u001b[2K${line(host, { label, done_bytes, total_bytes, rate: rateOf(samples), tries })}`,
      )
    },
    clear: () => {
      if (visible) host.err.write('\r\u001b[2K')
      visible = false
    },
    seconds: () => (host.now() - began) / 1000,
  }
}

function rateOf(samples: { at: number; bytes: number }[]): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last || last.at - first.at < 250) return undefined
  return ((last.bytes - first.bytes) * 1000) / (last.at - first.at)
}

interface State {
  label: string
  done_bytes: number
  total_bytes: number
  rate: number | undefined
  tries: number
}

/** Never as wide as the terminal: a line that wraps is not overwritten by the next one, but pushed up. */
function line(host: Host, { label, done_bytes, total_bytes, rate, tries }: State): string {
  const share = total_bytes === 0 ? 1 : Math.min(1, done_bytes / total_bytes)
  const left = rate === undefined || rate <= 0 ? undefined : (total_bytes - done_bytes) / rate
  const words = [
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${size(done_bytes)} of ${size(total_bytes)}`,
    ...(rate === undefined ? [] : [`${(rate / 1e6).toFixed(1)} MB/s`]),
    ...(left === undefined || share === 1 ? [] : [`${duration(Math.ceil(left)).replace('.0 s', ' s')} left`]),
    ...(tries === 1 ? [] : [`try ${tries}`]),
  ].join('  ')
  const room = (host.err.columns || 80) - 1
  const bar_width = Math.min(MOST_BAR, room - label.length - words.length - 4)
  if (bar_width < 6) return `${label}  ${words}`.slice(0, room)
  const full = Math.round(share * bar_width)
  const { dim } = paint(host.err, host.env)
  return `${label}  ${'━'.repeat(full)}${dim('─'.repeat(bar_width - full))}  ${words}`
}
