import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { type BenchServer, startProcess } from '../../bench/processes.ts'
import type { StartedEpisode } from '../../sdk/wire.ts'
import { createDiskStore } from '../../server/blobs/disk.ts'
import { json } from '../episode-requests.ts'
import { rawRequest } from '../raw-request.ts'

const KIB = 1024
const MIB = 1024 * KIB
const SIZE = 256 * MIB

test.each([1, 64])('an upload of %i MiB is never more than 768 KiB ahead of the disk', async (size_mib) => {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-ahead-'))
  try {
    const blobs = createDiskStore(folder, { min_free_bytes: 0 })
    const incoming = join(folder, '.incoming')
    let taken = 0
    let most_ahead = 0
    const sender = new Readable({
      highWaterMark: 64 * KIB,
      read() {
        const [name] = readdirSync(incoming)
        const written = name === undefined ? 0 : statSync(join(incoming, name)).size
        most_ahead = Math.max(most_ahead, taken - written)
        if (taken === size_mib * MIB) {
          this.push(null)
          return
        }
        taken += 64 * KIB
        this.push(Buffer.alloc(64 * KIB, 7))
      },
    })
    const staged = await blobs.stage(sender, size_mib * MIB)
    expect(staged.size_bytes).toBe(size_mib * MIB)
    // Two batches of 256 KiB, what the stream itself holds, and one chunk on its way between them.
    expect(most_ahead).toBeGreaterThan(0)
    expect(most_ahead).toBeLessThanOrEqual(768 * KIB)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('an upload of 256 MiB needs no more memory than a small one', async () => {
  await using server = await startProcess('robotrace', 'sources')
  await upload(server, 32 * MIB)
  const before = server.rssMiB()
  server.forget()
  const answer = await upload(server, SIZE)
  expect(answer).toContain(`"size_bytes":${SIZE}`)
  expect(answer).toContain(sha256(SIZE))
  // A server that kept the body would need four times as much.
  expect(server.peakMiB() - before).toBeLessThan(64)
})

test('eight uploads of 64 MiB at the same moment need less memory together than one of them has bytes', async () => {
  await using server = await startProcess('robotrace', 'sources')
  const together = (size: number): Promise<string[]> =>
    Promise.all(Array.from({ length: 8 }, () => upload(server, size)))
  await together(8 * MIB)
  const before = server.rssMiB()
  server.forget()
  for (const answer of await together(64 * MIB)) expect(answer).toContain(`"size_bytes":${64 * MIB}`)
  expect(server.peakMiB() - before).toBeLessThan(64)
})

async function upload(server: BenchServer, size: number): Promise<string> {
  const started: StartedEpisode = await json(
    await fetch(`${server.url}/api/ingest/episode`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${server.api_key}`, 'Content-Type': 'application/json' },
      body: '{"request_uploads":["video"]}',
    }),
    201,
  )
  return send(started.upload_urls[0]?.url ?? '', size)
}

function* chunksOf(size: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MIB, 7)
  for (let sent = 0; sent < size; sent += MIB) yield chunk
}

async function send(url: string, size: number): Promise<string> {
  const socket = await rawRequest(url, 'PUT', {
    'Content-Type': 'video/mp4',
    'Content-Length': size,
    Connection: 'close',
  })
  Readable.from(chunksOf(size)).pipe(socket, { end: false })
  let answer = ''
  for await (const chunk of socket) answer += chunk
  return answer
}

function sha256(size: number): string {
  const hash = createHash('sha256')
  for (const chunk of chunksOf(size)) hash.update(chunk)
  return hash.digest('hex')
}
