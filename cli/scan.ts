import { createReadStream } from 'node:fs'
import { lstat, opendir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type KeyPlace, makeKeyFinder } from '../sdk/key-finder.ts'
import type { Command, Given } from './command.ts'
import { EXIT } from './failure.ts'
import type { Host } from './host.ts'
import { clean, paint, say, sayJson, warn } from './print.ts'

/** What the exit status says here, as grep does it the other way round: finding something is bad news. */
const SCAN_EXIT = { none: EXIT.ok, some: 1, unreadable: 2 } as const

const STANDARD_INPUT = '-'

export const scan: Command = {
  name: 'scan',
  summary: 'find RoboTrace keys in files, offline, by their format and checksum; exit 1 when there are any',
  examples: ['robotrace scan', 'git log -p --all | robotrace scan -'],
  argument: {
    name: 'paths',
    optional: true,
    many: true,
    about: 'files and folders, - for standard input (default: this folder)',
  },
  flags: [{ name: 'json', about: 'print one JSON object, for scripts' }],
  run: scanAll,
}

interface Found extends KeyPlace {
  file: string
}

interface Scan {
  host: Host
  /** Prints as soon as something is found; not for --json. */
  tell: (found: Found) => void
  found: Found[]
  unreadable: { file: string; reason: string }[]
  files: number
}

async function scanAll(host: Host, given: Given): Promise<number> {
  const json = given.flag('json')
  const { bad } = paint(host.out, host.env)
  const tell = ({ file, line, column, key_prefix }: Found): void => {
    if (!json) say(host, `${clean(file)}:${line}:${column}: ${bad(`${key_prefix}_…`)}`)
  }
  const scan: Scan = { host, tell, found: [], unreadable: [], files: 0 }
  const paths = given.arguments.length > 0 ? given.arguments : ['.']
  for (const path of paths) {
    if (path === STANDARD_INPUT) await scanStream(scan, '(standard input)', host.input(), { binary: true })
    else await scanPath(scan, path)
  }
  const { found, unreadable, files } = scan
  if (json) sayJson(host, { found, unreadable, files })
  else sumUp(host, scan)
  if (found.length > 0) return SCAN_EXIT.some
  return unreadable.length > 0 ? SCAN_EXIT.unreadable : SCAN_EXIT.none
}

function sumUp(host: Host, { found, unreadable, files }: Scan): void {
  for (const { file, reason } of unreadable) warn(host, `${clean(file)} cannot be read: ${reason}`)
  const looked = `${files} ${files === 1 ? 'file' : 'files'}`
  if (found.length === 0) {
    const mark = unreadable.length > 0 ? '!' : paint(host.err, host.env).good('✓')
    host.err.write(`${mark} No keys in ${looked}.\n`)
    return
  }
  const what = found.length === 1 ? '1 key' : `${found.length} keys`
  warn(
    host,
    `${what} in ${looked}. Rotate or revoke what was ever shared, on the page API keys; then remove it.`,
  )
}

/** A file that is named is looked into whatever it holds; links are followed only when they are named. */
async function scanPath(scan: Scan, path: string): Promise<void> {
  try {
    const what = await stat(path)
    if (what.isDirectory()) await scanFolder(scan, path)
    else await scanFile(scan, path, { binary: true })
  } catch (error) {
    unreadable(scan, path, error)
  }
}

async function scanFolder(scan: Scan, folder: string): Promise<void> {
  try {
    for await (const entry of await opendir(folder)) {
      const path = folder === '.' ? entry.name : join(folder, entry.name)
      // What git has packed is compressed: `git log -p | robotrace scan -` reads it.
      if (/(^|[\\/])\.git[\\/]objects$/.test(path)) continue
      const what = await lstat(path)
      if (what.isDirectory()) await scanFolder(scan, path)
      else if (what.isFile()) await scanFile(scan, path, { binary: false })
    }
  } catch (error) {
    unreadable(scan, folder, error)
  }
}

async function scanFile(scan: Scan, file: string, options: { binary: boolean }): Promise<void> {
  try {
    await scanStream(scan, file, createReadStream(file, { highWaterMark: 256 * 1024 }), options)
  } catch (error) {
    unreadable(scan, file, error)
  }
}

/** Reads piece by piece, so that a file of any size takes a few hundred kilobytes. */
async function scanStream(
  scan: Scan,
  file: string,
  pieces: AsyncIterable<Uint8Array>,
  { binary }: { binary: boolean },
): Promise<void> {
  const finder = makeKeyFinder()
  const decoder = new TextDecoder()
  const note = (places: KeyPlace[]): void => {
    for (const place of places) {
      const one = { file, ...place }
      scan.found.push(one)
      scan.tell(one)
    }
  }
  scan.files++
  let isFirst = true
  for await (const piece of pieces) {
    // A zero byte early on: no text, so that nobody keeps keys there by hand.
    if (isFirst && !binary && piece.subarray(0, 8192).includes(0)) return
    isFirst = false
    note(finder.push(decoder.decode(piece, { stream: true })))
  }
  note([...finder.push(decoder.decode()), ...finder.end()])
}

function unreadable(scan: Scan, file: string, error: unknown): void {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  const reason = REASONS[String(code)] ?? (error instanceof Error ? error.message : 'unknown')
  scan.unreadable.push({ file, reason })
}

const REASONS: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EACCES: 'you may not read it',
  EPERM: 'you may not read it',
}
