import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { codeOf } from '../db/errors.ts'

/**
 * What a folder of backups looks like. Bytes are kept once, by their hash, for all backups:
 *
 *     lock                                 held by whoever writes to it
 *     blobs/<ab>/<sha256>                  artifacts and capsules
 *     2026-11-22T18-07-50.123Z/            one backup
 *       robotrace.db  secret  blobs.ndjson
 *       manifest.json                      written last: without it, it is not a backup
 */
export const DATABASE = 'robotrace.db'
export const BLOB_LIST = 'blobs.ndjson'
export const MANIFEST = 'manifest.json'
export const BLOBS = 'blobs'
/** The files of a data folder that seal and sign. */
export const SECRETS = ['secret', 'secret.previous'] as const
/** Half-written bytes, and half-made backups: removed by the next run. */
export const INCOMING = '.incoming'
export const UNFINISHED = '.unfinished'

const NAME = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z$/
export const SHA256 = /^[0-9a-f]{64}$/

/** A backup cannot be made, read or restored; the message says why, the hint what to do. */
export class BackupError extends Error {
  readonly details: readonly string[]
  readonly hint: string | undefined

  constructor(message: string, more: { details?: readonly string[]; hint?: string } = {}) {
    super(message)
    this.name = 'BackupError'
    this.details = more.details ?? []
    this.hint = more.hint
  }
}

/** Another process makes a backup there just now. */
export class BackupBusyError extends BackupError {
  constructor(folder: string) {
    super(`Another backup to ${folder} is being made.`, { hint: 'wait until it has ended' })
    this.name = 'BackupBusyError'
  }
}

/** Somebody asked to stop. What is finished stays, and the next run goes on from there. */
export class StoppedError extends Error {
  constructor() {
    super('Stopped before it was finished.')
    this.name = 'StoppedError'
  }
}

/** How far something is; `step` names what is on its way. */
export type Report = (step: 'database' | 'files', done_bytes: number, total_bytes: number) => void

const file = z.object({ size_bytes: z.number().int().min(0), sha256: z.string().regex(SHA256) })

/** Files that a backup has, and those that it may have. */
const NEEDED: readonly string[] = [DATABASE, BLOB_LIST]
const POSSIBLE: readonly string[] = [...NEEDED, ...SECRETS]

function isOwn(files: object): boolean {
  const names = Object.keys(files)
  return NEEDED.every((name) => names.includes(name)) && names.every((name) => POSSIBLE.includes(name))
}

const manifest = z.object({
  format: z.literal(1),
  /** When the snapshot was taken: nothing that was acknowledged before is missing, nothing later is in it. */
  at: z.iso.datetime(),
  /** Whose it is: two installations in one folder would let go of each other's backups. Older ones do not say. */
  installation: z.string().optional(),
  /** The RoboTrace that made it. */
  robotrace: z.string(),
  schema: z.number().int(),
  /** The first RoboTrace that reads this schema. */
  read_by: z.string(),
  /** Every file of the backup but this one. No other name is believed: it would be a path, and lead anywhere. */
  files: z.record(z.string(), file).refine(isOwn),
  /** What blobs.ndjson lists. */
  blobs: z.object({
    count: z.number().int(),
    size_bytes: z.number(),
    /** Deleted while the backup was made: its rows are there, these bytes are not. */
    gone: z.number().int(),
    /** Not there, or not what they should be, in the data folder already. */
    damaged: z.number().int(),
  }),
})

/** What a backup says about itself. */
export type Manifest = z.output<typeof manifest>

/** @example backupName(new Date('2026-11-22T18:07:50.123Z')) // '2026-11-22T18-07-50.123Z' */
export function backupName(at: Date): string {
  return at.toISOString().replaceAll(':', '-')
}

/** Whether an installation has made it, as far as it says. @param installation undefined: whoever asks does not know */
export function isFrom(manifest: Manifest, installation: string | undefined): boolean {
  return [undefined, installation].includes(manifest.installation) || installation === undefined
}

export function isBackupName(name: string): boolean {
  return NAME.test(name)
}

/** Where bytes with this hash are, below the folder of backups. */
export function blobPath(folder: string, sha256: string): string {
  return join(folder, BLOBS, sha256.slice(0, 2), sha256)
}

/** The text of a manifest: its last member is the hash of all before it, so that a torn or changed one is noticed. */
export function sealManifest(content: Manifest): string {
  return `${JSON.stringify({ ...content, sha256: sealOf(content) }, null, 2)}\n`
}

/** @throws BackupError when it is torn, changed or of a later format */
export function openManifest(text: string, where: string): Manifest {
  let read: unknown
  try {
    read = JSON.parse(text)
  } catch {
    throw new BackupError(`The manifest of ${where} is torn: it is no JSON.`)
  }
  if (typeof read !== 'object' || read === null || !('sha256' in read)) {
    throw new BackupError(`The manifest of ${where} is torn: its own hash is missing.`)
  }
  const { sha256, ...content } = read
  if (sha256 !== sealOf(content)) {
    throw new BackupError(`The manifest of ${where} was changed: its own hash does not match.`)
  }
  const parsed = manifest.safeParse(content)
  if (!parsed.success) {
    throw new BackupError(`The manifest of ${where} is of a kind this RoboTrace does not know.`, {
      hint: 'a newer RoboTrace',
    })
  }
  return parsed.data
}

function sealOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex')
}

/** One backup of a folder; `manifest` undefined: it has one that cannot be believed, as `problem` says. */
export interface Listed {
  name: string
  manifest: Manifest | undefined
  problem: string | undefined
}

/** The backups of a folder, oldest first. What has no manifest was interrupted, and is not one. */
export async function listBackups(folder: string): Promise<Listed[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw error
  })
  const listed: Listed[] = []
  for (const name of names.filter(isBackupName).sort()) {
    const one = await readListed(folder, name)
    if (one) listed.push(one)
  }
  return listed
}

/**
 * When the newest whole backup was made. One of the future was made while the clock was wrong: how old it is, nobody
 * knows, so it is no reason to wait with the next. Those of another installation do not count.
 *
 * @returns ISO 8601; undefined: there is none
 */
export function newestAt(
  listed: readonly Listed[],
  now: Date,
  installation: string | undefined,
): string | undefined {
  const newest = listed.findLast(
    ({ manifest }) => manifest && isFrom(manifest, installation) && Date.parse(manifest.at) <= now.getTime(),
  )
  return newest?.manifest?.at
}

async function readListed(folder: string, name: string): Promise<Listed | undefined> {
  try {
    const text = await readFile(join(folder, name, MANIFEST), 'utf8')
    return { name, manifest: openManifest(text, name), problem: undefined }
  } catch (error) {
    // A file that is called like a backup is none.
    if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return undefined
    if (!(error instanceof BackupError)) throw error
    return { name, manifest: undefined, problem: error.message }
  }
}
