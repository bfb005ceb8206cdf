import { randomInt } from 'node:crypto'
import { zipSync } from 'fflate'
import { expect, test } from 'vitest'
import type { UploadedCapsule } from '../../sdk/wire.ts'
import { BYTES, filesOf, json, put, start } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { bearer, type Tenant, tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'
import { countedAnew, kept } from '../storage-requests.ts'

/** One thing that somebody does; it may be refused, and whatever it leaves must add up. */
type Act = (world: World) => Promise<unknown>

interface World {
  server: TestServer
  at: Tenant
  key: string
  episodes: { id: string; urls: string[] }[]
  capsules: string[]
}

const ACTS: Record<string, Act> = {
  async start({ server, at, episodes }) {
    const request_uploads = ['video', 'sensors', 'actions'] as ('video' | 'sensors' | 'actions')[]
    const { episode_id: id, upload_urls } = await start(server, at.api_key, { request_uploads })
    episodes.push({ id, urls: upload_urls.map(({ url }) => url) })
  },
  async upload({ episodes }) {
    const episode = episodes[randomInt(Math.max(1, episodes.length))]
    const nth = randomInt(3)
    const url = episode?.urls[nth]
    if (url) await put(url, 'x'.repeat(randomInt(5_000)), nth === 0 ? { 'Content-Type': 'video/mp4' } : BYTES)
  },
  async finalize({ server, at, episodes }) {
    const episode = episodes[randomInt(Math.max(1, episodes.length))]
    if (episode)
      await send(server, 'POST', `/api/ingest/episode/${episode.id}/finalize`, at.api_key, {
        status: 'ready',
      })
  },
  async remove({ server, at, key, episodes }) {
    const [episode] = episodes.splice(randomInt(Math.max(1, episodes.length)), 1)
    if (episode) await send(server, 'DELETE', projectPath(at, `/sessions/${episode.id}`), key)
  },
  async trash({ server, at, key, episodes }) {
    const episode = episodes[randomInt(Math.max(1, episodes.length))]
    if (episode) await send(server, 'POST', projectPath(at, `/sessions/${episode.id}/trash`), key)
  },
  async restore({ server, at, key, episodes }) {
    const episode = episodes[randomInt(Math.max(1, episodes.length))]
    if (episode) await send(server, 'POST', projectPath(at, `/sessions/${episode.id}/restore`), key)
  },
  async capsule({ server, at, key, capsules }) {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(zipSync({ a: new Uint8Array(randomInt(3_000)) }))]), 'nav.zip')
    form.set('name', 'nav')
    form.set('version', String(capsules.length))
    const sent = { method: 'POST', headers: bearer(key), body: form }
    const made = await json<UploadedCapsule>(await server.fetch(projectPath(at, '/capsules'), sent), 201)
    capsules.push(made.id)
  },
  async removeCapsule({ server, at, key, capsules }) {
    const id = capsules[randomInt(Math.max(1, capsules.length))]
    if (id) await send(server, 'DELETE', projectPath(at, `/capsules/${id}`), key)
  },
  async jobs({ server }) {
    await server.ctx.background.drain()
  },
}

test('what an organization stores equals what counting its rows anew gives, whatever is done in whatever order', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const other = await tenant(server)
  const key = await keyWith(server, at, { scopes: 'admin fleet:write fleet:read episodes:write' })
  const world: World = { server, at, key, episodes: [], capsules: [] }
  const names = Object.keys(ACTS)
  const done: string[] = []
  for (let step = 0; step < 120; step++) {
    const name = step < 6 ? 'start' : (names[randomInt(names.length)] ?? 'start')
    done.push(name)
    await ACTS[name]?.(world)
    const { organization_id } = at
    expect(await kept(server, organization_id), done.join(' ')).toBe(
      await countedAnew(server, organization_id),
    )
  }
  expect(done).toContain('upload')
  expect(await kept(server, other.organization_id)).toBe(0)
})

test('uploads and removals at the same moment add up, and bytes count until they are gone from the disk', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const key = await keyWith(server, at, { scopes: 'admin' })
  const { organization_id } = at
  const started = await Promise.all(
    Array.from({ length: 12 }, () => start(server, at.api_key, { request_uploads: ['video'] })),
  )
  await Promise.all(started.map(({ upload_urls }) => put(upload_urls[0]?.url ?? '', 'x'.repeat(1_000))))
  expect(await kept(server, organization_id)).toBe(12_000)
  const { remove } = server.ctx.blobs
  server.ctx.blobs.remove = () => Promise.reject(new Error('the disk does not answer'))
  await Promise.all(
    started
      .slice(0, 5)
      .map(({ episode_id }) => send(server, 'DELETE', projectPath(at, `/sessions/${episode_id}`), key)),
  )
  await server.ctx.background.drain()
  expect(await kept(server, organization_id)).toBe(12_000)
  server.ctx.blobs.remove = remove
  await server.ctx.background.drain()
  expect(await kept(server, organization_id)).toBe(7_000)
  expect(await countedAnew(server, organization_id)).toBe(7_000)
  expect(await filesOf(server)).toHaveLength(7)
})
