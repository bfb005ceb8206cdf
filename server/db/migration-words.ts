import type { MigrationStep } from './migrate.ts'

/**
 * What has just been done, in a sentence.
 *
 * @example migrateDatabase(file, { report: (step) => log.info(describeStep(step)) })
 */
export function describeStep(step: MigrationStep): string {
  switch (step.step) {
    case 'begin':
      return `bringing the database (${Math.ceil(step.bytes / 1e6)} MB) from schema ${step.from} to ${step.to}, on a copy: stopping it loses nothing, the next start begins anew`
    case 'copied':
      return 'copied the database'
    case 'migrated':
      return 'applied the migrations to the copy'
    case 'checked':
      return 'checked the copy: it is sound and has every row'
    case 'kept':
      return `kept the database from before the upgrade as ${step.file}`
    case 'replaced':
      return 'the database is up to date'
  }
}
