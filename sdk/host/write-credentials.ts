import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../json.ts'
import {
  CREDENTIALS_FILE,
  credentialsPath,
  readCredentials,
  type SavedProfile,
  shortPath,
} from './credentials.ts'
import { changePrivateFile, type PrivateFile, tryPrivateFile } from './private-file.ts'

/**
 * Why this cannot name a profile: it would break the file for one of its readers. Undefined when it can.
 *
 * @example profileNameProblem('a]\n[b') // 'A profile name has letters, digits, _ and - only.'
 */
export function profileNameProblem(name: string): string | undefined {
  // Names with dots read back as nested tables in the Python client.
  return /^[A-Za-z0-9_-]{1,64}$/.test(name)
    ? undefined
    : 'A profile name has letters, digits, _ and - only, at most 64 of them.'
}

/**
 * Saves a sign-in under a name. Other profiles stay, and so do members that only others know. The file is
 * 0600 from its first moment and replaced as a whole, its folder 0700; two programs that write at the same
 * time both get their profile in.
 *
 * @example await saveProfile('default', { api_key, base_url, written_at: '2026-05-04T20:08:14Z' })
 * @param signal ends the wait for the other program; nothing is saved then
 * @throws ConfigurationError when the name, the file or its folder do not allow it; the signal's reason
 */
export async function saveProfile(
  name: string,
  profile: SavedProfile,
  path: string = credentialsPath(),
  shown_path: string = shortPath(path),
  signal?: AbortSignal,
): Promise<void> {
  const problem = profileNameProblem(name)
  if (problem) throw new ConfigurationError(problem)
  await changePrivateFile(fileAt(path, shown_path, signal), (content) => {
    const before = Object.hasOwn(content, name) ? content[name] : undefined
    const kept = isRecord(before) ? before : {}
    // What a sign-in says of the key before is not true of this one.
    const { scopes: _, ...rest } = kept
    return { ...content, [name]: definedOf({ ...rest, ...profile }) }
  })
}

/**
 * Forgets a sign-in. With the last one go the file and, when nothing else is in it, its folder.
 *
 * @example await removeProfile('default') // false: there was none
 */
export async function removeProfile(
  name: string,
  path: string = credentialsPath(),
  shown_path: string = shortPath(path),
): Promise<boolean> {
  if (readCredentials(path) === undefined) return false
  return await changePrivateFile(fileAt(path, shown_path), (content) => {
    if (!Object.hasOwn(content, name)) return undefined
    const { [name]: _, ...rest } = content
    return rest
  })
}

/**
 * Tries whether the file could be written, by making its folder and taking its lock; leaves nothing behind.
 * Asked before a key is made that would have nowhere to go.
 *
 * @example await checkWritable('/home/art/.robotrace/credentials')
 * @throws ConfigurationError when the file or its folder do not allow it; the signal's reason
 */
export async function checkWritable(path: string, signal?: AbortSignal): Promise<void> {
  await tryPrivateFile({ path, what: CREDENTIALS_FILE, signal })
}

function fileAt(path: string, shown_path: string, signal?: AbortSignal): PrivateFile {
  const title = [shown_path, 'managed by `robotrace login` — do not commit.']
  return { path, what: CREDENTIALS_FILE, title, signal }
}

function definedOf(profile: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined))
}
