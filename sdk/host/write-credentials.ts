import {
  closeSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { stringify } from 'smol-toml'
import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../json.ts'
import {
  type CredentialsFile,
  credentialsPath,
  readCredentials,
  type SavedProfile,
  shortPath,
} from './credentials.ts'
import { closeEmpty, openFolder, syncFolder } from './credentials-folder.ts'
import { withLock } from './lock.ts'

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
  refuseLink(path)
  await change({ path, shown_path, signal }, (file) => {
    const before = Object.hasOwn(file.content, name) ? file.content[name] : undefined
    const kept = isRecord(before) ? before : {}
    file.content = { ...file.content, [name]: definedOf({ ...kept, ...profile }) }
    return true
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
  refuseLink(path)
  return await change({ path, shown_path }, (file) => {
    if (!Object.hasOwn(file.content, name)) return false
    const { [name]: _, ...rest } = file.content
    file.content = rest
    return true
  })
}

/**
 * Refuses a credentials file that is a symbolic link: replacing it would leave the key in one place and the
 * link's owner wondering in another.
 *
 * @throws ConfigurationError
 */
export function refuseLink(path: string): void {
  if (!isLink(path)) return
  throw new ConfigurationError(
    `${path} is a symbolic link. Replace it by a file, or point ROBOTRACE_HOME elsewhere.`,
  )
}

/**
 * Tries whether the file could be written, by making its folder and taking its lock; leaves nothing behind.
 * Asked before a key is made that would have nowhere to go.
 *
 * @example await checkWritable('/home/art/.robotrace/credentials')
 * @throws ConfigurationError when the file or its folder do not allow it; the signal's reason
 */
export async function checkWritable(path: string, signal?: AbortSignal): Promise<void> {
  refuseLink(path)
  const folder = dirname(path)
  await inSentences(path, async () => {
    const is_new = !lstatSync(folder, { throwIfNoEntry: false })
    await withLock(
      `${path}.lock`,
      () => openFolder(folder),
      () => {},
      signal,
    )
    if (is_new) closeEmpty(folder, path)
  })
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
  } catch {
    // The way there leads through a file or a closed folder: reading or writing it says so.
    return false
  }
}

/** The file, how its first line calls it, and what ends the wait for it. */
interface Where {
  path: string
  shown_path: string
  signal?: AbortSignal
}

async function change(
  { path, shown_path, signal }: Where,
  edit: (file: CredentialsFile) => boolean,
): Promise<boolean> {
  const folder = dirname(path)
  return await inSentences(path, async () => {
    const changed = await withLock(
      `${path}.lock`,
      () => openFolder(folder),
      () => {
        const file: CredentialsFile = readCredentials(path) ?? { form: 'toml', content: {} }
        if (!edit(file)) return false
        if (Object.values(file.content).some(isProfile)) replace(path, write(file, shown_path))
        else rmSync(path, { force: true })
        return true
      },
      signal,
    )
    closeEmpty(folder, path)
    return changed
  })
}

/** What the system refuses is said in a sentence with its code. */
async function inSentences<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const code = isRecord(error) && typeof error.code === 'string' ? error.code : undefined
    if (error instanceof ConfigurationError || code === undefined) throw error
    throw new ConfigurationError(`The credentials file ${path} cannot be written (${code}).`)
  }
}

/** Exclusive and 0600 under a name nobody can guess, on the disk before it takes the old one's place. */
function replace(path: string, text: string): void {
  const folder = dirname(path)
  removeLeftovers(folder, basename(path))
  const temporary = `${path}.${crypto.randomUUID()}.tmp`
  const file = openSync(temporary, 'wx', 0o600)
  try {
    fchmodSync(file, 0o600)
    writeSync(file, text)
    fsyncSync(file)
  } catch (error) {
    closeSync(file)
    rmSync(temporary, { force: true })
    throw error
  }
  closeSync(file)
  renameSync(temporary, path)
  syncFolder(folder)
}

/** What a killed process left behind; the lock is held, so none of them is in use. */
function removeLeftovers(folder: string, name: string): void {
  for (const entry of readdirSync(folder)) {
    if (entry.startsWith(`${name}.`) && entry.endsWith('.tmp')) rmSync(join(folder, entry), { force: true })
  }
}

function write(file: CredentialsFile, shown_path: string): string {
  const sorted = sort(file.content)
  if (file.form === 'json') return `${JSON.stringify(sorted, undefined, 2)}\n`
  return `# ${shown_path.replace(/[\x00-\x1f\x7f]/g, '')}\n# managed by \`robotrace login\` — do not commit.\n${stringify(sorted)}`
}

/** Members of each profile by name, so that a login changes as few lines as it can. */
function sort(content: Record<string, unknown>): Record<string, unknown> {
  const byName = (record: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, isProfile(value) ? byName(value) : value]),
  )
}

function isProfile(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Date)
}

function definedOf(profile: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(profile).filter(([, value]) => value !== undefined))
}
