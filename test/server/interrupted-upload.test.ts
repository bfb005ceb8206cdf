import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { EpisodeDetail, StartedEpisode } from '../../sdk/wire.ts'
import { json, put, VIDEO } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { type ServerProcess, startProcess } from '../process.ts'
import { answerOf, rawRequest } from '../raw-request.ts'
import { bearer, tenant } from '../seed.ts'

const SECRET = 'a secret for tests only, 32 characters or more'
const HALF = 'x'.repeat(500_000)

let data = ''
let api_key = ''
const started: ServerProcess[] = []

beforeEach(async () => {
  data = mkdtempSync(join(tmpdir(), 'robotrace-interrupted-'))
  await using server = await startTestServer({}, { file: true, data })
  api_key = (await tenant(server)).api_key
})

afterEach(async () => {
  for (const { child, exit } of started.splice(0)) {
    child.kill('SIGKILL')
    await exit
  }
  rmSync(data, { recursive: true, force: true })
})

/** The real process on the folder of this test. */
async function run(): Promise<{ server: ServerProcess; url: string }> {
  const server = startProcess({ ROBOTRACE_DATA: data, ROBOTRACE_SECRET: SECRET })
  started.push(server)
  const [, url = ''] = await server.until(/RoboTrace \S+ · (http:\S+) ·/)
  return { server, url }
}

function blobFiles(): string[] {
  const entries = readdirSync(join(data, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** An episode, and half of its video on the way. */
async function halfAnUpload(url: string): Promise<{ id: string; upload: string; socket: Socket }> {
  const { episode_id, upload_urls } = await json<StartedEpisode>(
    await fetch(`${url}/api/ingest/episode`, {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'application/json' },
      body: '{"request_uploads":["video"]}',
    }),
    201,
  )
  const upload = upload_urls[0]?.url ?? ''
  const socket = await rawRequest(upload, 'PUT', { ...VIDEO, 'Content-Length': 2 * HALF.length })
  socket.on('error', () => {})
  socket.write(HALF)
  await expect.poll(() => readdirSync(join(data, 'blobs', '.incoming'))).toHaveLength(1)
  return { id: episode_id, upload, socket }
}

async function episode(url: string, id: string): Promise<EpisodeDetail> {
  return json(await fetch(`${url}/api/episodes/${id}`, { headers: bearer(api_key) }), 200)
}

test('SIGTERM in the middle of an upload lets it finish, then the process ends with status 0', async () => {
  const { server, url } = await run()
  const { id, socket } = await halfAnUpload(url)
  server.child.kill('SIGTERM')
  await refusesConnections(url)
  const answer = answerOf(socket)
  socket.write(HALF)
  expect(await answer).toMatch(/^HTTP\/1.1 200 .*"size_bytes":1000000/s)
  expect(await server.exit).toBe(0)
  const next = await run()
  expect((await episode(next.url, id)).artifacts).toMatchObject([{ kind: 'video', size_bytes: 1_000_000 }])
  expect(blobFiles()).toHaveLength(1)
})

test('kill -9 in the middle of an upload leaves nothing half-written, and the episode takes it again', async () => {
  const { server, url } = await run()
  const { id, upload, socket } = await halfAnUpload(url)
  // Not `once` of node:events, which rejects with the reset that comes first when bytes were on their way.
  const cut = new Promise((resolve) => socket.once('close', resolve))
  server.child.kill('SIGKILL')
  await server.exit
  socket.resume()
  await cut
  expect(readdirSync(join(data, 'blobs', '.incoming'))).toHaveLength(1)
  const next = await run()
  expect(blobFiles()).toEqual([])
  expect(await episode(next.url, id)).toMatchObject({ status: 'recording', artifacts: [], bytes_total: 0 })
  // The link was signed for any port: only its path and its terms are under the signature.
  const again = await put(upload.replace(url, next.url), HALF + HALF)
  expect(await json(again, 200)).toMatchObject({ size_bytes: 1_000_000 })
  expect((await episode(next.url, id)).artifacts).toHaveLength(1)
  expect(blobFiles()).toHaveLength(1)
})

/** Settles once the port takes no more connections. */
async function refusesConnections(url: string): Promise<void> {
  for (;;) {
    try {
      await fetch(`${url}/healthz`, { headers: { Connection: 'close' } }).then((response) => response.text())
    } catch {
      return
    }
  }
}
