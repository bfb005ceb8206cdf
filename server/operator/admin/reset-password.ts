import type { Command } from '../../../cli/command.ts'
import { EXIT } from '../../../cli/failure.ts'
import { makeResetLinkByOperator } from '../../accounts/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { atMachine, LINK_FLAGS } from './at-machine.ts'
import { sayLink } from './link.ts'

/** A new password for somebody who gets no mail. */
export function resetPassword(environment: Environment): Command {
  return {
    name: 'admin reset-password',
    summary: "make a link that replaces somebody's password",
    examples: [
      'robotrace admin reset-password ada@lab.example',
      'robotrace admin reset-password ada@lab.example --quiet',
    ],
    argument: { name: 'email', about: 'the address they sign in with' },
    flags: LINK_FLAGS,
    run: (host, given) =>
      atMachine(environment, given, async (at) => {
        const email = given.argument ?? ''
        sayLink(host, at, await makeResetLinkByOperator(at, email, at.by), email)
        return EXIT.ok
      }),
  }
}
