import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { isLively } from '../../cli/print.ts'
import { makeProgress, type Progress } from '../../cli/progress.ts'
import { size } from '../../cli/words.ts'
import { type Report, StoppedError } from '../backup/layout.ts'

/** How long work may go between two lines where nobody can see a bar. */
const LINE_EVERY_MS = 10_000

/**
 * Runs something long: a bar on a terminal, a line now and then elsewhere, and Ctrl-C ends it in order.
 *
 * @throws Failure with the signal's status when it was stopped
 */
export async function watched<Result>(
  host: Host,
  run: (steering: { stop: () => boolean; report: Report }) => Promise<Result>,
): Promise<Result> {
  let status: number | undefined
  const forget = host.onInterrupt((signal) => {
    status = signal
  })
  const bars = createBars(host)
  try {
    return await run({ stop: () => status !== undefined, report: bars.report })
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    bars.clear()
    throw new Failure('Stopped before it was finished.', {
      hint: 'the same command again: what has been copied is not copied twice',
      status: status ?? EXIT.interrupted,
    })
  } finally {
    bars.clear()
    forget()
  }
}

function createBars(host: Host): { report: Report; clear: () => void } {
  const lively = isLively(host.err, host.env)
  let bar: Progress | undefined
  let step: string | undefined
  let said = host.now()
  return {
    report: (next, done_bytes, total_bytes) => {
      if (next !== step) {
        bar?.clear()
        bar = makeProgress(host, next)
        step = next
      }
      if (lively) bar?.update(done_bytes, total_bytes)
      else if (!host.quiet && host.now() - said >= LINE_EVERY_MS) {
        said = host.now()
        host.err.write(`${next}: ${size(done_bytes)} of ${size(total_bytes)}\n`)
      }
    },
    clear: () => bar?.clear(),
  }
}
