import { stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { codeOf } from '../db/errors.ts'
import { NewerSchemaError, SCHEMA_VERSION } from '../db/open.ts'
import { BackupError, isBackupName, listBackups, type Manifest } from './layout.ts'

/** One backup of a folder, with a manifest that holds. */
export interface FolderBackup {
  kind: 'folder'
  /** The folder of backups. */
  root: string
  name: string
  /** The backup's own folder. */
  folder: string
  manifest: Manifest
}

/** An archive; what is in it shows when it is read. */
export interface ArchiveBackup {
  kind: 'archive'
  file: string
}

/**
 * Finds what somebody means: a folder of backups (its newest one, or the one that is named), one backup in it, or an
 * archive.
 *
 * @throws BackupError when there is none, or its manifest cannot be believed
 */
export async function findBackup(from: string, name?: string): Promise<FolderBackup | ArchiveBackup> {
  const found = await stat(from).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') {
      throw new BackupError(`There is no ${from}.`, {
        hint: 'name a folder that `robotrace backup --to` was given, or an archive',
      })
    }
    throw error
  })
  if (found.isFile()) return { kind: 'archive', file: from }
  const path = resolve(from)
  if (isBackupName(basename(path))) return findInFolder(dirname(path), basename(path))
  return findInFolder(path, name)
}

async function findInFolder(root: string, name: string | undefined): Promise<FolderBackup> {
  const all = await listBackups(root)
  const names = all.map((one) => one.name)
  const chosen = name === undefined ? all.at(-1) : all.find((one) => one.name === name)
  if (!chosen) {
    const hint =
      names.length === 0
        ? 'name the folder that `robotrace backup --to` was given'
        : `--backup ${names.at(-1)}`
    throw new BackupError(
      name === undefined
        ? `There is no finished backup in ${root}.`
        : `There is no backup ${name} in ${root}.`,
      { details: names.slice(-10), hint },
    )
  }
  if (!chosen.manifest) {
    const before = names.at(names.indexOf(chosen.name) - 1)
    throw new BackupError(chosen.problem ?? '', {
      ...(before && before < chosen.name ? { hint: `an older one with --backup ${before}` } : {}),
    })
  }
  return {
    kind: 'folder',
    root,
    name: chosen.name,
    folder: join(root, chosen.name),
    manifest: chosen.manifest,
  }
}

/** @throws NewerSchemaError which names the RoboTrace that can read it */
export function checkSchema({ schema, read_by }: Pick<Manifest, 'schema' | 'read_by'>): void {
  if (schema > SCHEMA_VERSION) throw new NewerSchemaError(schema, read_by)
}
