import { expect, test } from 'vitest'
import { Client } from '../../sdk/mod.ts'
import type { LogPage } from '../../sdk/wire.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { personalKey } from '../personal-credentials.ts'
import { tenant } from '../seed.ts'

const clientOf = (server: TestServer, api_key: string, more: object = {}) =>
  new Client({ api_key, base_url: server.url, verbose: false, ...more })

const path = (organization: string, id: string) =>
  `/api/v1/organizations/${organization}/projects/default/sessions/${id}`

test('lines of a log are on the server, in order, when the episode is finalized; no key is among them', async () => {
  await using server = await startTestServer()
  const { api_key, organization_id } = await tenant(server)
  const client = clientOf(server, api_key)
  const episode = await client.startEpisode({ request_uploads: [] })
  for (let index = 0; index < 1_200; index++) episode.log('debug', `step ${index}`, { module: 'planner' })
  episode.log('warn', `wrong header: Bearer ${api_key}`, { at: new Date('2026-05-04T20:08:14Z') })
  await episode.finalize()
  expect(episode.lost_log_lines).toBe(0)
  const query = { limit: 1_000 }
  const page = await client.request<LogPage>('GET', `${path(organization_id, episode.id)}/logs`, { query })
  expect(page.items.slice(0, 3).map(({ message }) => message)).toEqual(['step 0', 'step 1', 'step 2'])
  const warned = await client.request<LogPage>('GET', `${path(organization_id, episode.id)}/logs`, {
    query: { level: 'warn' },
  })
  expect(warned.items).toMatchObject([{ at: '2026-05-04T20:08:14.000Z', level: 'warn', module: '' }])
  expect(warned.items[0]?.message).toMatch(/^wrong header: Bearer rt_\w{10}…$/)
})

test('a log that the server refuses does not keep the episode from ending, and is counted', async () => {
  await using server = await startTestServer()
  const { organization_id, owner } = await tenant(server)
  const { key } = await personalKey(server, owner, organization_id)
  const client = clientOf(server, key, { project: 'nowhere' })
  await expect(client.startEpisode({ request_uploads: [] })).rejects.toThrow('No such project')
  const good = clientOf(server, key)
  const refusing = clientOf(server, key, {
    fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) =>
      String(input).endsWith('/logs')
        ? Promise.resolve(new Response('{}', { status: 400 }))
        : fetch(input, init),
  })
  const episode = await refusing.startEpisode({ request_uploads: [] })
  episode.log('error', 'one')
  episode.log('error', 'two')
  expect(await episode.finalize()).toMatchObject({ status: 'ready' })
  expect(episode.lost_log_lines).toBe(2)
  expect((await good.getEpisode(episode.id)).status).toBe('ready')
})

test('lines that find no server are sent again with the next ones', async () => {
  await using server = await startTestServer()
  const { api_key, organization_id } = await tenant(server)
  let down = true
  const client = clientOf(server, api_key, {
    fetch: (input: Parameters<typeof fetch>[0], init?: RequestInit) =>
      down && String(input).endsWith('/logs') ? Promise.reject(new Error('no route')) : fetch(input, init),
  })
  const episode = await client.startEpisode({ request_uploads: [] })
  for (let index = 0; index < 500; index++) episode.log('info', `line ${index}`)
  await client.getEpisode(episode.id)
  down = false
  await episode.finalize()
  expect(episode.lost_log_lines).toBe(0)
  const page = await client.request<LogPage>('GET', `${path(organization_id, episode.id)}/logs`, {
    query: { limit: 1_000 },
  })
  expect(page.items.length).toBe(500)
})

test('tags are given while recording and afterwards', async () => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const episode = await clientOf(server, api_key).startEpisode({ request_uploads: [] })
  expect(await episode.tag('night shift')).toEqual(['night shift'])
  await episode.finalize()
  expect(await episode.tag('gripper-2', 'night shift')).toEqual(['gripper-2', 'night shift'])
})

test.each([
  '//evil.example/api',
  'api/episodes',
  '/\\evil',
  '/api/../x',
  '/api/%2e%2e/x',
  '/api/a b',
  '/api/x#y',
])('request asks nothing at %j: what leads elsewhere is refused before it is sent', async (wrong) => {
  await using server = await startTestServer()
  const { api_key } = await tenant(server)
  const client = clientOf(server, api_key)
  await expect(client.request('GET', wrong)).rejects.toThrow('begins with one slash')
})

test('an episode goes into the project that the client names', async () => {
  await using server = await startTestServer()
  const { api_key, organization_id } = await tenant(server)
  const client = clientOf(server, api_key, { project: 'default' })
  const { id } = await client.startEpisode()
  expect(await client.request('GET', path(organization_id, id))).toMatchObject({ id })
  const elsewhere = clientOf(server, api_key, { project: 'warehouse' })
  await expect(elsewhere.startEpisode()).rejects.toThrow('No such project')
  expect(() => clientOf(server, api_key, { project: 'a/b' })).toThrow('project must be the slug')
})
