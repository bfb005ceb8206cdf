import type { Flag, Given } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'
import { warn } from './print.ts'

/** Of a command that ends something. */
export const YES_FLAG: Flag = { name: 'yes', short: 'y', about: 'do not ask' }

/**
 * Asks before something ends; `--yes` has answered already.
 *
 * @throws Failure when the answer is no, or nobody is there to give one
 */
export async function confirm(
  host: Host,
  given: Given,
  { facts, question }: { facts: string; question: string },
): Promise<void> {
  if (given.flag('yes')) return
  if (!host.interactive) {
    throw new Failure('Nobody can be asked whether that is meant.', {
      hint: 'add `--yes` where a script means it',
      status: EXIT.usage,
    })
  }
  warn({ ...host, quiet: false }, facts)
  const answer = await host.ask(`${question} [y/N] `)
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? '')) return
  // No answer at all is Ctrl-C, or the end of the input.
  throw new Failure('Nothing was changed.', {
    status: answer === undefined ? EXIT.interrupted : EXIT.failure,
  })
}
