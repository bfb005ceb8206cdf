import type { Command } from '../../../cli/command.ts'
import { confirm, YES_FLAG } from '../../../cli/confirm.ts'
import { EXIT } from '../../../cli/failure.ts'
import { clean, done } from '../../../cli/print.ts'
import { ago } from '../../../cli/words.ts'
import { getKeyByOperator, revokeKeyByOperator } from '../../api-keys/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { AT_MACHINE_FLAGS, atMachine } from './at-machine.ts'

/** Ends a key that nobody who can still sign in may end. */
export function revokeKey(environment: Environment): Command {
  return {
    name: 'admin revoke-key',
    summary: 'end any API key at once and for good',
    examples: ['robotrace admin revoke-key rt_8a4f01c2b3', 'robotrace admin revoke-key 8a4f01c2b3 --yes'],
    argument: { name: 'id', about: 'its public part, as `robotrace admin list-keys` prints it' },
    flags: [YES_FLAG, ...AT_MACHINE_FLAGS],
    run: (host, given) =>
      atMachine(environment, given, async (at) => {
        const key = await getKeyByOperator(at, given.argument ?? '')
        const what = `${key.prefix} “${clean(key.label)}”`
        if (key.revoked_at === null) {
          await confirm(host, given, {
            facts: `${what}, last used ${ago(key.last_used_at, host.now())}. What uses it stops at once.`,
            question: 'Revoke it?',
          })
        }
        const ended = await revokeKeyByOperator(at, key.id, at.by)
        done(host, ended ? `Revoked ${what}.` : `${what} had been revoked already.`)
        return EXIT.ok
      }),
  }
}
