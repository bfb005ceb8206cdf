import type { Command } from '../../cli/command.ts'
import { isOneFile } from '../binary/carried.ts'
import type { Environment } from '../config.ts'
import { licenses } from './licenses.ts'
import { serve } from './serve.ts'

/**
 * What somebody who runs a server calls at its machine, in the order of help. They work on the data folder itself and
 * ask nobody for a sign-in: whoever may read that folder is the operator.
 *
 * @example process.exitCode = await run(args, processHost('robotrace'), operatorCommands(process.env))
 */
export function operatorCommands(environment: Environment): readonly Command[] {
  return [serve(environment), ...(isOneFile ? [licenses] : [])]
}
