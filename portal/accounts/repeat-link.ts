import type { Operation, TRPCClientError, TRPCLink } from '@trpc/client'
import { observable } from '@trpc/server/observable'
import type { AppRouter } from '../../server/trpc.ts'
import { askForConfirmation } from './confirmation.ts'

/** How long another tab may need to receive the cookie that its call was answered with. */
const OTHER_TAB_MS = 300

/** Calls that may be answered with another session cookie. */
const changing = new Set<Promise<void>>()

/**
 * Repeats a call, unchanged, once what refused it has been mended, so that nobody loses what they typed:
 * - `step_up_required`: the reader confirms that it is them; if they do not, the call fails as it would have;
 * - `unauthenticated`: the session's cookie was changed while the call was on its way, so it was judged by the old one.
 *   That refusal says that nothing was done.
 */
export const repeatLink: TRPCLink<AppRouter> = () => {
  return ({ op, next }) =>
    observable((observer) => {
      const done = noteChange(op)
      const mended = new Set<string>()
      let stopped = false
      let stop = (): void => {}
      const run = (): void => {
        const { unsubscribe } = next(op).subscribe({
          next: (value) => observer.next(value),
          complete() {
            done()
            observer.complete()
          },
          error(error) {
            const code = codeOf(error)
            const mend = mended.has(code) ? undefined : MENDS[code]
            mended.add(code)
            if (!mend) return fail(error)
            // What changes cookies and waits for a confirmation must not hold up the confirmation.
            done()
            void mend().then((again) => {
              if (stopped) return
              if (again) run()
              else fail(error)
            })
          },
        })
        stop = unsubscribe
      }
      const fail = (error: TRPCClientError<AppRouter>): void => {
        done()
        observer.error(error)
      }
      run()
      return () => {
        stopped = true
        stop()
      }
    })
}

const MENDS: Partial<Record<string, () => Promise<boolean>>> = {
  step_up_required: askForConfirmation,
  async unauthenticated() {
    if (changing.size > 0) await Promise.all(changing)
    else await new Promise((resolve) => setTimeout(resolve, OTHER_TAB_MS))
    return true
  },
}

function codeOf(error: TRPCClientError<AppRouter>): string {
  return error.data?.problem?.code ?? ''
}

/** @returns what says that the answer is there */
function noteChange(op: Operation): () => void {
  if (op.type !== 'mutation' || !op.path.startsWith('auth.')) return () => {}
  let done = (): void => {}
  const change = new Promise<void>((resolve) => {
    done = resolve
  }).then(() => {
    changing.delete(change)
  })
  changing.add(change)
  return done
}
