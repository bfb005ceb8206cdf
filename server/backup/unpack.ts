import { rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { needRoom } from './backup.ts'
import { copyHashed, makeFolder, type Steering, sizeOf, syncFolder } from './copy-file.ts'
import { BLOBS, DATABASE, type Report } from './layout.ts'
import { CHANGED, type Damage } from './left-out.ts'
import type { NamedBlob } from './named-blobs.ts'
import { readArchive } from './read-archive.ts'
import { schemaOf } from './snapshot.ts'
import { checkSchema, type FolderBackup } from './source.ts'

interface Wish extends Steering {
  report?: Report | undefined
  damage: Damage
}

/** Folders whose names are made durable together. */
const FOLDERS_AT_ONCE = 500

/**
 * Takes an archive apart into a folder, each byte hashed as it passes.
 *
 * @throws BackupError when anything is not what the manifest and the database say, unless that is to be left out;
 *   NewerSchemaError
 */
export async function unpackInto(
  file: string,
  staging: string,
  { stop, report, damage }: Wish,
): Promise<Pick<FolderBackup, 'name' | 'manifest'>> {
  const total = (await sizeOf(file)) ?? 0
  await needRoom(staging, total)
  await makeFolder(join(staging, BLOBS))
  const folders = createFolders(staging)
  let through = 0
  const moved = (bytes: number): void => {
    through += bytes
    report?.('files', through, total)
  }
  const blob = async ({ key, sha256 }: NamedBlob, bytes: AsyncIterable<Uint8Array>) => {
    const path = join(staging, BLOBS, key)
    await folders.make(dirname(path))
    const read = await copyHashed(bytes, path, { stop, moved })
    if (read.sha256 !== sha256) await rm(path)
    return read
  }
  // A database of a later schema may name its blobs in a way that is not known here.
  const began = async (rows: Parameters<typeof schemaOf>[0]): Promise<void> => checkSchema(schemaOf(rows))
  const { manifest, wrong, changed } = await readArchive(file, { scratch: staging, stop, moved, blob, began })
  await folders.sync()
  for (const name of changed) {
    damage.file(name, `of ${file} ${CHANGED}`, name === DATABASE ? 'needed' : undefined)
    await rm(join(staging, name), { force: true })
  }
  for (const { blob, how } of wrong) damage.blob(blob, how)
  return { name: file, manifest }
}

function createFolders(root: string): { make: (folder: string) => Promise<void>; sync: () => Promise<void> } {
  let waiting = new Set<string>()
  const sync = async (): Promise<void> => {
    const folders = waiting
    waiting = new Set()
    for (const folder of folders) await syncFolder(folder)
  }
  return {
    sync,
    make: async (folder) => {
      await makeFolder(folder)
      for (let at = folder; at.length >= root.length; at = dirname(at)) waiting.add(at)
      if (waiting.size >= FOLDERS_AT_ONCE) await sync()
    },
  }
}
