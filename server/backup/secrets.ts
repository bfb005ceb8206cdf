import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { copyHashed } from './copy-file.ts'
import { SECRETS } from './layout.ts'

/** What became of the installation's secret. */
export interface SecretKept {
  /** `elsewhere`: the data folder has none, so it comes from ROBOTRACE_SECRET. */
  state: 'included' | 'left_out' | 'elsewhere'
  files: string[]
}

/**
 * Copies what the database's sealed texts open with. With the secret beside it a backup is all that is needed to start
 * again, and whoever reads the backup can do so too; without it second factors and webhook secrets stay closed.
 */
export async function copySecrets(from: string, to: string, left_out = false): Promise<SecretKept> {
  const files = SECRETS.filter((name) => existsSync(join(from, name)))
  if (files.length === 0) return { state: 'elsewhere', files: [] }
  if (left_out) return { state: 'left_out', files: [] }
  for (const name of files) await copyHashed(join(from, name), join(to, name))
  return { state: 'included', files: [...files] }
}
