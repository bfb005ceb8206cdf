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
import { readTables, type TablesFile } from './credentials.ts'
import { closeEmpty, openFolder, syncFolder } from './credentials-folder.ts'
import { withLock } from './lock.ts'

/** One of our files of named tables: where it is, how it is called, and what ends the wait for it. */
export interface PrivateFile {
  path: string
  /** In sentences: `credentials file`. */
  what: string
  /** The comment at its top. */
  title: string[]
  signal?: AbortSignal
}

/**
 * Changes a file of tables: 0600 from its first moment, in a folder of 0700, replaced as a whole, and locked so that of
 * two programs that write at the same time neither loses anything. With its last table go the file and, when nothing
 * else is in it, its folder.
 *
 * @param edit answers false when there is nothing to write
 * @example await changePrivateFile({ path, what: 'context file', title: [] }, (file) => ({ ...file.content, a: {} }))
 * @throws ConfigurationError when the file or its folder do not allow it; the signal's reason
 */
export async function changePrivateFile(
  file: PrivateFile,
  edit: (content: Record<string, unknown>) => Record<string, unknown> | undefined,
): Promise<boolean> {
  const { path, what, signal } = file
  refuseLink(path)
  const folder = dirname(path)
  return await inSentences(file, async () => {
    const changed = await withLock(
      `${path}.lock`,
      () => openFolder(folder),
      () => {
        const before: TablesFile = readTables(path, what) ?? { form: 'toml', content: {} }
        const content = edit(before.content)
        if (content === undefined) return false
        if (Object.values(content).some(isTable)) replace(path, write({ ...before, content }, file.title))
        else rmSync(path, { force: true })
        return true
      },
      signal,
    )
    closeEmpty(folder, path)
    return changed
  })
}

/**
 * Refuses a file that is a symbolic link: replacing it would leave the key in one place and the link's owner wondering
 * in another.
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
 *
 * @throws ConfigurationError when the file or its folder do not allow it; the signal's reason
 */
export async function tryPrivateFile(file: Omit<PrivateFile, 'title'>): Promise<void> {
  const { path, signal } = file
  refuseLink(path)
  const folder = dirname(path)
  await inSentences(file, async () => {
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

/** What the system refuses is said in a sentence with its code. */
async function inSentences<Result>(
  { path, what }: Pick<PrivateFile, 'path' | 'what'>,
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    const code = isRecord(error) && typeof error.code === 'string' ? error.code : undefined
    if (error instanceof ConfigurationError || code === undefined) throw error
    throw new ConfigurationError(`The ${what} ${path} cannot be written (${code}).`)
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

function write(file: TablesFile, title: string[]): string {
  const sorted = sort(file.content)
  if (file.form === 'json') return `${JSON.stringify(sorted, undefined, 2)}\n`
  const comment = title.map((line) => `# ${line.replace(/[\x00-\x1f\x7f]/g, '')}\n`).join('')
  return `${comment}${stringify(sorted)}`
}

/** Members of each table by name, so that a change touches as few lines as it can. */
function sort(content: Record<string, unknown>): Record<string, unknown> {
  const byName = (record: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
  return Object.fromEntries(
    Object.entries(content).map(([name, value]) => [name, isTable(value) ? byName(value) : value]),
  )
}

function isTable(value: unknown): value is Record<string, unknown> {
  return isRecord(value) && !(value instanceof Date)
}
