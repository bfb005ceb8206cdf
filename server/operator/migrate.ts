import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../cli/command.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { done, say } from '../../cli/print.ts'
import type { Config } from '../config.ts'
import { claimDataFolder } from '../db/data-folder.ts'
import { migrateDatabase } from '../db/migrate.ts'
import { describeStep } from '../db/migration-words.ts'
import { SCHEMA_VERSION } from '../db/schema-version.ts'
import type { Environment } from '../environment.ts'
import { CONFIGURATION_FLAGS, configOf } from './configuration.ts'
import { operate } from './operate.ts'

/** Brings the database up to date without starting the server, or tries whether that would work. */
export function migrate(environment: Environment): Command {
  return {
    name: 'migrate',
    summary: 'bring the database up to date, as starting the server does',
    examples: ['robotrace migrate --dry-run', 'robotrace migrate'],
    flags: [
      ...CONFIGURATION_FLAGS,
      {
        name: 'dry-run',
        about: 'try it on a copy and change nothing, also while an older server is running',
      },
    ],
    run: (host, given) =>
      operate(() => runMigration(host, configOf(environment, given).config, given.flag('dry-run'))),
  }
}

async function runMigration(host: Host, { data }: Pick<Config, 'data'>, dry_run: boolean): Promise<number> {
  const file = join(data, 'robotrace.db')
  if (!existsSync(file)) {
    throw new Failure(`There is no database in ${data}.`, {
      hint: 'name the data folder of the server with `--data`',
    })
  }
  const release = dry_run ? () => {} : claimDataFolder(data)
  try {
    const began = host.now()
    const took = (): string => `${((host.now() - began) / 1000).toFixed(1)} s`
    const result = migrateDatabase(file, {
      dry_run,
      report: (step) => done(host, `${describeStep(step)} (${took()})`),
    })
    say(host, verdict(result, dry_run, took()))
    return EXIT.ok
  } finally {
    release()
  }
}

function verdict(result: ReturnType<typeof migrateDatabase>, dry_run: boolean, took: string): string {
  if (!result) return `The database has schema ${SCHEMA_VERSION}: nothing to do.`
  const way = `from schema ${result.from} to ${SCHEMA_VERSION}`
  if (dry_run) return `It would work: a copy went ${way} in ${took}. Nothing was changed.`
  return `The database went ${way} in ${took}. To go back: stop the server, put ${result.kept} back as robotrace.db, start the old version.`
}
