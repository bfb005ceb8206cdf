import type { Command } from '../../../cli/command.ts'
import { confirm, YES_FLAG } from '../../../cli/confirm.ts'
import { EXIT, Failure } from '../../../cli/failure.ts'
import { clean, done } from '../../../cli/print.ts'
import { count } from '../../../cli/words.ts'
import { resetSecondFactor as dropSecondFactor, getAccountByEmail } from '../../accounts/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { AT_MACHINE_FLAGS, atMachine } from './at-machine.ts'

/** For somebody who lost the telephone and the recovery codes. */
export function resetSecondFactor(environment: Environment): Command {
  return {
    name: 'admin reset-second-factor',
    summary: "take somebody's lost second factors away",
    examples: [
      'robotrace admin reset-second-factor ada@lab.example',
      'robotrace admin reset-second-factor ada@lab.example --yes',
    ],
    argument: { name: 'email', about: 'the address they sign in with' },
    flags: [YES_FLAG, ...AT_MACHINE_FLAGS],
    run: (host, given) =>
      atMachine(environment, given, async (at) => {
        const { email, name, second_factors } = await getAccountByEmail(at, given.argument ?? '')
        if (second_factors === 0) {
          throw new Failure(`${email} has no second factor.`, {
            hint: `\`robotrace admin reset-password ${email}\``,
          })
        }
        await confirm(host, given, {
          facts: `${clean(name)} (${email}) has ${count(second_factors, 'second factor')}. Without it the password alone signs in; every session ends.`,
          question: 'Take it away?',
        })
        const { factors, sessions_ended } = await dropSecondFactor(at, email, at.by)
        done(
          host,
          `Took ${count(factors, 'second factor')} of ${email} away and ended ${count(sessions_ended, 'session')}.`,
        )
        return EXIT.ok
      }),
  }
}
