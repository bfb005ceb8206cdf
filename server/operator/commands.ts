import type { Command } from '../../cli/command.ts'
import type { Environment } from '../config.ts'
import { doctor } from './doctor.ts'
import { migrate } from './migrate.ts'
import { serve } from './serve.ts'

/**
 * What somebody who runs a server calls at its machine, in the order of help. They work on the data folder itself and
 * ask nobody for a sign-in: whoever may read that folder is the operator.
 *
 * @example process.exitCode = await run(args, processHost('robotrace'), operatorCommands(process.env))
 */
export function operatorCommands(environment: Environment): readonly Command[] {
  return [serve(environment), migrate(environment), doctor(environment)]
}
