import { expect, test } from 'vitest'
import type { SessionDetail, SessionList } from '../../sdk/wire.ts'
import { finalize, finalized, json, put, read, start, videoSlot } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'
import { projectPath, send } from '../session-requests.ts'
import { message, serverFor, startReceiver, tenantWithWebhook } from '../webhook-receiver.ts'

const LOG = { entries: [{ at: '2026-11-03T09:30:00.250Z', level: 'info', module: 'arm', message: 'here' }] }

async function fallSilent(server: TestServer, span: `${number}h` = '25h'): Promise<void> {
  server.clock.advance(span)
  await server.ctx.background.drain()
}

test('an episode that nothing was heard of for its lease is interrupted, never failed, and says when it was last heard of', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const { episode_id } = await start(server, api_key)
  const begun = await read(server, api_key, episode_id)
  await fallSilent(server, '23h')
  expect((await read(server, api_key, episode_id)).status).toBe('recording')
  await fallSilent(server, '2h')
  const after = await read(server, api_key, episode_id)
  expect(after).toMatchObject({ status: 'interrupted', finalized_at: null, updated_at: begun.updated_at })
})

test('the lease is what the operator has set', async () => {
  await using server = await startTestServer({ ROBOTRACE_RECORDING_LEASE_HOURS: '1' })
  const { api_key } = await tenant(server)
  const { episode_id } = await start(server, api_key)
  await fallSilent(server, '2h')
  expect((await read(server, api_key, episode_id)).status).toBe('interrupted')
})

test('uploads, logs and tags renew the lease', async () => {
  await using server = await startTestServer({ ROBOTRACE_RECORDING_LEASE_HOURS: '2' })
  const at = await tenant(server)
  const slot = await videoSlot(server, at.api_key)
  const [logged, tagged, silent] = [
    await start(server, at.api_key),
    await start(server, at.api_key),
    await start(server, at.api_key),
  ]
  server.clock.advance('20m')
  expect((await put(slot.url, 'bytes')).status).toBe(200)
  server.clock.advance('50m')
  const session = (id: string) => projectPath(at, `/sessions/${id}`)
  await json(await send(server, 'POST', `${session(logged.episode_id)}/logs`, at.api_key, LOG), 201)
  await json(
    await send(server, 'POST', `${session(tagged.episode_id)}/tags`, at.api_key, { tag: 'night' }),
    200,
  )
  await fallSilent(server, '1h')
  const statusOf = async (id: string) => (await read(server, at.api_key, id)).status
  expect(await statusOf(silent.episode_id)).toBe('interrupted')
  for (const id of [slot.id, logged.episode_id, tagged.episode_id])
    expect(await statusOf(id)).toBe('recording')
})

test('an interrupted episode is finalized later as if nothing had happened', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const [ready, failed] = [await start(server, api_key), await start(server, api_key)]
  await fallSilent(server)
  expect(await finalized(server, api_key, ready.episode_id)).toMatchObject({ status: 'ready' })
  const ended = await finalize(server, api_key, failed.episode_id, { status: 'failed', failure_time_s: 3 })
  expect(await ended.json()).toMatchObject({ status: 'failed' })
})

test('an upload or a log line makes an interrupted episode record again, a tag does not', async () => {
  await using server = await startTestServer({ ROBOTRACE_RECORDING_LEASE_HOURS: '1' })
  const at = await tenant(server)
  const slot = await videoSlot(server, at.api_key)
  const [logged, tagged] = [await start(server, at.api_key), await start(server, at.api_key)]
  // Only the end of the link comes earlier than that of the lease.
  await server.ctx.db.updateTable('episodes').set({ status: 'interrupted' }).execute()
  expect((await put(slot.url, 'bytes')).status).toBe(200)
  const session = (id: string) => projectPath(at, `/sessions/${id}`)
  await json(await send(server, 'POST', `${session(logged.episode_id)}/logs`, at.api_key, LOG), 201)
  await json(
    await send(server, 'POST', `${session(tagged.episode_id)}/tags`, at.api_key, { tag: 'night' }),
    200,
  )
  const statusOf = async (id: string) => (await read(server, at.api_key, id)).status
  expect(await statusOf(slot.id)).toBe('recording')
  expect(await statusOf(logged.episode_id)).toBe('recording')
  expect(await statusOf(tagged.episode_id)).toBe('interrupted')
})

test('interrupted episodes are listed, counted and shown as such, also as sessions', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { episode_id } = await start(server, at.api_key)
  await fallSilent(server)
  await start(server, at.api_key)
  const only = await server.fetch('/api/episodes?status=interrupted', { headers: bearer(at.api_key) })
  expect(await only.json()).toMatchObject({ items: [{ id: episode_id, status: 'interrupted' }] })
  const path = projectPath(at, '/sessions')
  const sessions = await json<SessionList>(
    await send(server, 'GET', `${path}?status=interrupted`, at.api_key),
    200,
  )
  expect(sessions).toMatchObject({
    total: 1,
    items: [{ id: episode_id, status: 'interrupted', ended_at: null }],
  })
  const one = await json<SessionDetail>(await send(server, 'GET', `${path}/${episode_id}`, at.api_key), 200)
  expect(one.status).toBe('interrupted')
  const { organization_id } = at
  const portal = portalClient(server, at.owner)
  expect(await portal.episodes.list.query({ organization_id, status: 'interrupted' })).toMatchObject({
    total: 1,
  })
  expect(await portal.episodes.list.query({ organization_id, status: 'recording' })).toMatchObject({
    total: 1,
  })
})

test('many that fell silent together are interrupted by one run, in pieces', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  for (let n = 0; n < 230; n++) await start(server, api_key)
  await fallSilent(server)
  const open = await server.fetch('/api/episodes?status=recording', { headers: bearer(api_key) })
  expect(await open.json()).toMatchObject({ items: [] })
})

test('a webhook is told that an episode was interrupted, once, and of its end later', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at } = await tenantWithWebhook(server, receiver.url, ['episode.interrupted', 'episode.ready'])
  const { episode_id } = await start(server, at.api_key, { name: 'night run' })
  await fallSilent(server)
  await server.ctx.background.drain()
  await finalized(server, at.api_key, episode_id)
  await server.ctx.background.drain()
  const told = receiver.received.map(({ text }) => message.parse(JSON.parse(text)))
  expect(told.map(({ type }) => type)).toEqual(['episode.interrupted', 'episode.ready'])
  expect(told[0]?.data).toMatchObject({ episode_id, name: 'night run', status: 'interrupted' })
})
