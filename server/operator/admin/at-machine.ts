import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Flag, Given } from '../../../cli/command.ts'
import { Failure } from '../../../cli/failure.ts'
import type { Operator } from '../../audit/audit.ts'
import { originOf } from '../../config.ts'
import type { AppContext } from '../../context.ts'
import { openDatabase } from '../../db/open.ts'
import type { Environment } from '../../environment.ts'
import { VERSION } from '../../project.ts'
import { SETTINGS } from '../../settings.ts'
import { CONFIGURATION_FLAGS, configOf, SETTING_FLAGS } from '../configuration.ts'
import { operate } from '../operate.ts'

/** Where a server listens that is told nothing else. */
const DEFAULT_PORT = Number(SETTINGS.PORT.otherwise)

/** What these commands work with: the data folder's own database, which a running server may have open as well. */
export type AtMachine = Pick<AppContext, 'db' | 'now' | 'config'> & {
  by: Operator
  /** Nothing says where the server is: links lead to this machine, and the port that is taken when none is named. */
  guessed: boolean
}

export const AT_MACHINE_FLAGS = CONFIGURATION_FLAGS

/** Of a command that prints a link: where it leads. */
export const LINK_FLAGS: readonly Flag[] = [
  ...CONFIGURATION_FLAGS,
  ...SETTING_FLAGS.filter(({ name }) => name === 'port' || name === 'public-url'),
]

/**
 * Runs one admin verb on the data folder's database. A running server sees what changes with its next read: it keeps
 * no credential in memory.
 *
 * @throws Failure where there is no database yet, and for whatever `operate` knows
 * @example run: (host, given) => atMachine(environment, given, async (at) => { … })
 */
export function atMachine<Result>(
  environment: Environment,
  given: Given,
  work: (at: AtMachine) => Promise<Result>,
): Promise<Result> {
  return operate(async () => {
    const { config } = configOf(environment, given)
    const file = join(config.data, 'robotrace.db')
    if (!existsSync(file)) {
      throw new Failure(`There is no database in ${config.data}.`, {
        hint: 'name the data folder of the server with `--data`',
      })
    }
    const db = openDatabase(file, VERSION)
    try {
      const ready = { ...config, public_url: originOf(config, config.port) }
      const guessed = config.public_url === undefined && config.port === DEFAULT_PORT
      return await work({ db, now: () => new Date(), config: ready, by: { user: nameOfUser() }, guessed })
    } finally {
      await db.destroy()
    }
  })
}

function nameOfUser(): string {
  try {
    return userInfo().username
  } catch {
    // A number without a name, as in a container.
    return `user ${process.getuid?.() ?? 'unknown'}`
  }
}
