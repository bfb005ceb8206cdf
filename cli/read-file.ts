import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { isRecord } from '../sdk/json.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'

/**
 * The text of a file that was named on the command line.
 *
 * @param hint a line that would be right
 * @throws Failure with exit status 2 when it cannot be read
 */
export function readGivenFile(host: Pick<Host, 'cwd'>, path: string, hint: string): string {
  try {
    return readFileSync(resolve(host.cwd, path), 'utf8')
  } catch (error) {
    const code = isRecord(error) && typeof error.code === 'string' ? ` (${error.code})` : ''
    throw new Failure(`${path} cannot be read${code}.`, { hint: `\`${hint}\``, status: EXIT.usage })
  }
}
