import { BackupError } from './layout.ts'
import type { RestoreWish } from './restore.ts'
import type { FolderBackup } from './source.ts'

export async function unpackInto(
  file: string,
  _staging: string,
  _wish: RestoreWish,
): Promise<Pick<FolderBackup, 'name' | 'manifest'>> {
  throw new BackupError(`${file} is no folder of backups.`)
}
