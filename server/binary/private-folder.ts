import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'

const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000
/** Whoever owns a folder outside of this process's user namespace is shown as this one; there it is root. */
const UNMAPPED = 65_534

/**
 * Makes a folder that only this user can put something into, and gives its real path.
 *
 * @param base an absolute path; made when missing
 * @param below folders in it, which have to be this user's own and no symbolic links
 * @throws Error which says what is wrong with it
 * @example privateFolder('/home/ada/.cache', ['robotrace', 'e3b0c442…'])
 */
export function privateFolder(base: string, below: readonly string[]): string {
  mkdirSync(base, { recursive: true, mode: 0o700 })
  let path = realpathSync(base)
  refuseOpenWay(path)
  for (const name of below) {
    path = join(path, name)
    makeFolder(path)
    const found = lstatSync(path)
    if (!found.isDirectory()) throw new Error(`${path} is not a folder`)
    if (found.uid !== process.getuid?.()) throw new Error(`${path} belongs to somebody else`)
    if (found.mode & WRITABLE_BY_OTHERS) chmodSync(path, 0o700)
  }
  return path
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
}

/**
 * Whoever may rename a folder on the way could put another one in its place, between the look and the use.
 *
 * @throws Error
 */
export function refuseOpenWay(path: string): void {
  const found = lstatSync(path)
  const trusted = [process.getuid?.(), 0, UNMAPPED]
  if (!trusted.includes(found.uid)) throw new Error(`${path} belongs to somebody else`)
  if (found.mode & WRITABLE_BY_OTHERS && !(found.mode & STICKY)) {
    throw new Error(`${path} can be written to by others`)
  }
  if (dirname(path) !== path) refuseOpenWay(dirname(path))
}

/**
 * What is in this user's own file; undefined when there is none, or it is a symbolic link, somebody else's, or
 * somebody else may write to it.
 *
 * @example readOwnFile('/home/ada/.cache/robotrace/e3b0c442…/argon2.node')
 */
export function readOwnFile(path: string): Buffer | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return undefined
  }
  try {
    return isOwnFile(fstatSync(file)) ? readFileSync(file) : undefined
  } finally {
    closeSync(file)
  }
}

function isOwnFile(found: Stats): boolean {
  return found.isFile() && found.uid === process.getuid?.() && (found.mode & WRITABLE_BY_OTHERS) === 0
}

/** Puts a file in place in one step: who looks sees the old one or the whole new one. */
export function putFile(path: string, bytes: Uint8Array): void {
  const unfinished = `${path}.${process.pid}`
  rmSync(unfinished, { recursive: true, force: true })
  writeFileSync(unfinished, bytes, { flag: 'wx', mode: 0o500 })
  try {
    renameSync(unfinished, path)
  } catch (error) {
    // Something that is no file may stand there.
    rmSync(path, { recursive: true, force: true })
    renameSync(unfinished, path)
    void error
  }
}
