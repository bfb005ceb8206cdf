import { createHash, type Hash } from 'node:crypto'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { RobotraceError } from '../../sdk/errors.ts'
import { isRecord } from '../../sdk/json.ts'
import type { Artifact } from '../../sdk/wire.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { makeProgress } from '../progress.ts'
import { size } from '../words.ts'

/** One artifact on its way into a file. */
export interface Fetched {
  artifact: Artifact
  path: string
  /** The bytes from there on, as `bytes=1000-`; undefined: all of them. */
  open: (range: string | undefined) => Promise<Response>
  /** Replaces what is there. */
  force: boolean
  signal: AbortSignal
}

/**
 * Writes an artifact beside its place, checks it, and only then puts it there: nobody ever sees half of it under its
 * name. What was broken off is named after its checksum, so it is gone on with only as long as it is the same artifact.
 *
 * @throws Failure when something is there already, or what came is not what the server had promised
 */
export async function fetchFile(host: Host, file: Fetched): Promise<{ seconds: number; resumed_at: number }> {
  const { artifact, path, force, signal } = file
  if (!force && (await exists(path))) throw alreadyThere(path)
  const part = `${path}.${artifact.sha256.slice(0, 12)}.part`
  const hash = createHash('sha256')
  const resumed_at = await readPart(part, artifact.size_bytes, hash)
  const line = makeProgress(host, artifact.kind)
  try {
    await append(file, part, {
      hash,
      from: resumed_at,
      on_bytes: (bytes) => line.update(bytes, artifact.size_bytes),
    })
  } catch (error) {
    throw await brokenOff(error, { part, signal })
  } finally {
    line.clear()
  }
  const sha256 = hash.digest('hex')
  if (sha256 !== artifact.sha256) {
    await rm(part, { force: true })
    throw new Failure(
      `${artifact.kind} arrived damaged: its SHA-256 is ${sha256}, not ${artifact.sha256}. It was removed.`,
      {
        hint: 'run the same command again',
      },
    )
  }
  await settle(part, path, force)
  return { seconds: line.seconds(), resumed_at }
}

/** What is there of it already, put through the hash; a link or anything else that is no file of ours is not followed. */
async function readPart(part: string, size_bytes: number, hash: Hash): Promise<number> {
  const found = await lstat(part).catch(() => undefined)
  if (!found) return 0
  if (!found.isFile() || found.size > size_bytes) {
    await rm(part)
    return 0
  }
  const file = await open(part, 'r')
  try {
    for await (const piece of file.createReadStream({ autoClose: false })) hash.update(piece)
  } finally {
    await file.close()
  }
  return found.size
}

interface Append {
  hash: Hash
  from: number
  on_bytes: (bytes: number) => void
}

async function append(
  { artifact, open: openBody, signal }: Fetched,
  part: string,
  { hash, from, on_bytes }: Append,
): Promise<void> {
  if (from === artifact.size_bytes && from > 0) return
  const response = await openBody(from === 0 ? undefined : `bytes=${from}-`)
  if (from > 0 && response.status !== 206) {
    await response.body?.cancel()
    throw new Failure('The server cannot send the rest of a file.', {
      hint: `remove ${part}, then run the same command again`,
    })
  }
  const file = await open(part, from === 0 ? 'wx' : 'a', 0o666)
  let written = from
  try {
    for await (const piece of piecesOf(response, signal)) {
      if (written + piece.byteLength > artifact.size_bytes)
        throw new Failure('More bytes came than the server had announced.')
      await file.write(piece)
      hash.update(piece)
      written += piece.byteLength
      on_bytes(written)
    }
    await file.sync()
  } finally {
    await file.close()
  }
}

/** An abort ends the wait for the next piece at once: not every runtime's body hears of it while it is read. */
async function* piecesOf(
  response: Response,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader()
  if (!reader) return
  const over = new AbortController()
  const aborted = new Promise<never>((_, reject) => {
    const end = (): void => reject(signal.reason)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true, signal: over.signal })
  })
  aborted.catch(() => {})
  try {
    for (;;) {
      const { done, value } = await Promise.race([reader.read(), aborted])
      if (done) return
      yield value
    }
  } finally {
    over.abort()
    reader.cancel().catch(() => {})
  }
}

/** Without force an existing file wins even over somebody who made it just now. */
async function settle(part: string, path: string, force: boolean): Promise<void> {
  if (force) return await rename(part, path)
  try {
    await link(part, path)
    await rm(part)
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined
    if (code === 'EEXIST') throw alreadyThere(path)
    // A file system without links, such as that of a stick.
    if (await exists(path)) throw alreadyThere(path)
    await rename(part, path)
  }
}

async function brokenOff(
  error: unknown,
  { part, signal }: { part: string; signal: AbortSignal },
): Promise<unknown> {
  const kept = (await lstat(part).catch(() => undefined))?.size ?? 0
  const said =
    kept === 0 ? 'Nothing was kept.' : `${size(kept)} are kept; the same command goes on from there.`
  if (signal.aborted) {
    const status = signal.reason instanceof Failure ? signal.reason.status : EXIT.interrupted
    return new Failure(`Canceled. ${said}`, { status, reason: 'canceled' })
  }
  if (error instanceof Failure || error instanceof RobotraceError) return error
  if (!(error instanceof Error)) return error
  const code = isRecord(error) && typeof error.code === 'string' ? ` (${error.code})` : ''
  return new Failure(`The download broke off${code}. ${said}`, { hint: 'run the same command again' })
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined
}

function alreadyThere(path: string): Failure {
  return new Failure(`${path} is there already.`, {
    hint: '`--force` replaces it, `--to` names another folder',
    status: EXIT.usage,
  })
}
