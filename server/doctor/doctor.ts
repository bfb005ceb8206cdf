import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Config, Secrets } from '../config.ts'
import type { AppContext } from '../context.ts'
import { claimDataFolder, DataFolderInUseError } from '../db/data-folder.ts'
import { openDatabase } from '../db/open.ts'
import { VERSION } from '../project.ts'
import { createSigningKeys, masterSecret, previousSecret } from '../signing.ts'
import { checkBytes } from './bytes.ts'
import { checkCertificates } from './certificate.ts'
import { checkClock } from './clock.ts'
import { checkDatabase } from './database.ts'
import { type Finding, ok, problem, reason, warning } from './finding.ts'
import { checkFolder } from './folder.ts'
import { checkBackups, checkDisk, checkTools } from './machine.ts'
import { checkPublicUrl, checkScheme } from './public-url.ts'

/** What holds, and what is wrong with it. */
interface Configuration {
  /** Undefined while there are problems. */
  read: { config: Config; secrets: Secrets } | undefined
  problems: readonly string[]
  warnings: readonly string[]
}

interface Options {
  /** Does what is safe about what it finds. */
  fix: boolean
  /** Reads all bytes and the whole database. */
  deep: boolean
}

/**
 * Looks at everything a server needs, beside it while it runs or in its place while it is stopped. Reads only, unless
 * it is asked to fix.
 *
 * @example for await (const finding of examine(configuration, { fix: false, deep: false })) print(finding)
 */
export async function* examine(
  { read, problems, warnings }: Configuration,
  options: Options,
): AsyncGenerator<Finding> {
  const check = 'configuration'
  for (const line of problems)
    yield problem(check, line, '`robotrace config --print` shows where each value comes from.')
  for (const line of warnings)
    yield warning(check, line, '`robotrace config --print` shows where each value comes from.')
  if (!read) return
  yield ok(check, 'The configuration is valid.')
  yield* checkScheme(read.config)
  if (!existsSync(read.config.data)) {
    yield problem(
      'data folder',
      `There is no folder ${read.config.data}.`,
      'Set ROBOTRACE_DATA to the data folder, or start the server: it makes one.',
    )
    return
  }
  const claim = claimOf(read.config.data)
  try {
    yield* examineFolder(read.config, read.secrets, options, claim === undefined)
  } finally {
    claim?.()
  }
}

/** Undefined: a server is running, or this user may not even ask. Otherwise none can start until doctor is done. */
function claimOf(data: string): (() => void) | undefined {
  try {
    return claimDataFolder(data)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (error instanceof DataFolderInUseError || /^SQLITE_(CANTOPEN|READONLY|PERM)/.test(code))
      return undefined
    throw error
  }
}

async function* examineFolder(
  config: Config,
  secrets: Secrets,
  { fix, deep }: Options,
  running: boolean,
): AsyncGenerator<Finding> {
  yield ok(
    'server',
    running ? 'A server is running on this data folder.' : 'No server is running on this data folder.',
  )
  yield* checkFolder(config.data, fix)
  yield* checkDisk(config)
  const { newest, usable } = yield* checkDatabase(config.data, { deep, fix })
  const now = new Date()
  if (usable) {
    const db = openDatabase(join(config.data, 'robotrace.db'), VERSION)
    try {
      yield* checkBytes(db, config.data, { deep, fix, now })
    } finally {
      await db.destroy()
    }
  }
  yield* checkTools()
  yield* checkBackups(config, now)
  const signing = signingOf(config, secrets)
  let told: { date: Date; at: Date } | undefined
  if ('check' in signing) yield signing
  else told = yield* checkPublicUrl({ config, signing, running })
  yield* checkCertificates(config, now)
  yield* checkClock(now, newest, told)
}

/** Without making a secret where none is. */
function signingOf({ data }: Config, secrets: Secrets): AppContext['signing'] | Finding {
  const file = join(data, 'secret')
  if (secrets.master === undefined && !existsSync(file)) {
    return warning(
      'secret',
      `There is no ${file} yet.`,
      'Start the server: it makes one. If the server has run here before, restore it from a backup.',
    )
  }
  try {
    return createSigningKeys(secrets.master ?? masterSecret(file), secrets.previous ?? previousSecret(file))
  } catch (error) {
    return problem('secret', reason(error), 'Restore the secret from a backup.')
  }
}
