import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { StartedEpisode } from '../../sdk/wire.ts'
import { VIDEO } from '../episode-requests.ts'
import { bearer } from '../seed.ts'
import { ask } from './https-request.ts'
import type { Behind } from './proxy.ts'

/** The recording trip as it goes through a proxy. */
export const MIB = 1024 ** 2
export const JSON_BODY = { 'Content-Type': 'application/json' }

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** An episode started through the proxy, with the link its video goes to. */
export async function slot(behind: Behind): Promise<{ id: string; path: string }> {
  const { status, body } = await ask(behind, '/api/ingest/episode', {
    method: 'POST',
    headers: { ...bearer(behind.lab.api_key), ...JSON_BODY },
    body: JSON.stringify({ request_uploads: ['video'] }),
  })
  expect(status).toBe(201)
  const { episode_id, upload_urls }: StartedEpisode = JSON.parse(String(body))
  const { origin, pathname, search } = new URL(upload_urls[0]?.url ?? '')
  expect(origin).toBe(behind.url)
  return { id: episode_id, path: pathname + search }
}

/** A stored video: the path and query of the signed link to its bytes. */
export async function stored(behind: Behind, bytes: Buffer): Promise<string> {
  const { id, path } = await slot(behind)
  expect((await ask(behind, path, { method: 'PUT', headers: VIDEO, body: bytes })).status).toBe(200)
  const link = await ask(behind, `/api/episodes/${id}/artifact/video`, {
    headers: bearer(behind.lab.api_key),
  })
  const { pathname, search } = new URL(link.headers.location ?? '')
  return pathname + search
}
