import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { EpisodeDetail, FinalizedEpisode, StartEpisode, StartedEpisode } from '../sdk/wire.ts'
import type { TestServer } from './harness.ts'
import { bearer } from './seed.ts'

/** The requests of the recording trip as tests send them: plain fetch, what is answered is what is returned. */

export function post(server: TestServer, path: string, key: string, body: unknown): Promise<Response> {
  return server.fetch(path, {
    method: 'POST',
    headers: { ...bearer(key), 'Content-Type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
}

export async function start(
  server: TestServer,
  key: string,
  body: StartEpisode | string = {},
): Promise<StartedEpisode> {
  return json<StartedEpisode>(await post(server, '/api/ingest/episode', key, body), 201)
}

export function finalize(
  server: TestServer,
  key: string,
  id: string,
  body: unknown = { status: 'ready' },
): Promise<Response> {
  return post(server, `/api/ingest/episode/${id}/finalize`, key, body)
}

export async function finalized(
  server: TestServer,
  key: string,
  id: string,
  body?: unknown,
): Promise<FinalizedEpisode> {
  return json<FinalizedEpisode>(await finalize(server, key, id, body), 200)
}

export async function read(server: TestServer, key: string, id: string): Promise<EpisodeDetail> {
  return json<EpisodeDetail>(await server.fetch(`/api/episodes/${id}`, { headers: bearer(key) }), 200)
}

export const VIDEO = { 'Content-Type': 'video/mp4' }
export const BYTES = { 'Content-Type': 'application/octet-stream' }

export function put(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = VIDEO,
): Promise<Response> {
  return fetch(url, { method: 'PUT', body, headers, redirect: 'manual' })
}

/** An episode whose video slot holds these bytes. */
export async function withVideo(
  server: TestServer,
  key: string,
  bytes: string | Uint8Array<ArrayBuffer>,
  body: StartEpisode = {},
): Promise<{ id: string; upload: string }> {
  const { episode_id, upload_urls } = await start(server, key, { request_uploads: ['video'], ...body })
  const upload = upload_urls[0]?.url ?? ''
  const stored = await put(upload, bytes)
  if (stored.status !== 200) throw new Error(`upload answered ${stored.status}: ${await stored.text()}`)
  return { id: episode_id, upload }
}

/** The signed address that an artifact's own address redirects to. */
export async function signedGet(
  server: TestServer,
  key: string,
  id: string,
  kind = 'video',
  query = '',
): Promise<string> {
  const answer = await server.fetch(`/api/episodes/${id}/artifact/${kind}${query}`, { headers: bearer(key) })
  if (answer.status !== 302) throw new Error(`artifact answered ${answer.status}: ${await answer.text()}`)
  return answer.headers.get('location') ?? ''
}

export async function json<Body>(answer: Response, status: number): Promise<Body> {
  const text = await answer.text()
  if (answer.status !== status) throw new Error(`answered ${answer.status} instead of ${status}: ${text}`)
  // What a test then asserts about it is the check.
  return JSON.parse(text) as Body
}

/** A refusal's body, after asserting nothing but that it is JSON. */
export async function problem(
  answer: Response,
): Promise<{ status: number; code: string; detail: string; error: string; errors?: { path: string }[] }> {
  return { ...JSON.parse(await answer.text()), status: answer.status }
}

/** An episode with one empty video slot. */
export async function videoSlot(server: TestServer, key: string): Promise<{ id: string; url: string }> {
  const { episode_id, upload_urls } = await start(server, key, { request_uploads: ['video'] })
  return { id: episode_id, url: upload_urls[0]?.url ?? '' }
}

/** What the server has logged at level error and above. */
export function errorLines(server: TestServer): unknown[] {
  const lines = server.log().trim().split('\n').filter(Boolean)
  return lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)
}

/** Every file below the blob folder, staging included. */
export async function filesOf(server: TestServer): Promise<string[]> {
  const entries = await readdir(join(server.data, 'blobs'), { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}
