import { expect, test } from 'vitest'
import { Client } from '../../sdk/mod.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { keyWith } from '../session-requests.ts'
import { makeHome } from './home.ts'

/** A home whose key has the scope admin, and an episode that was recorded before. */
async function stage(names: string[]) {
  const server = await startTestServer()
  const home = makeHome()
  const at = await tenant(server)
  const api_key = await keyWith(server, at, { scopes: 'admin episodes:read episodes:write' })
  home.save(`[default]\napi_key = "${api_key}"\nbase_url = "${server.url}"\n`)
  const client = new Client({ api_key, base_url: server.url, verbose: false })
  const ids: string[] = []
  for (const name of names) ids.push((await client.logEpisode({ name, video: new Blob(['mp4']) })).id)
  return {
    ...{ server, at, home, client, ids },
    trashed: async (id: string) => (await client.getEpisode(id)).trashed_at !== null,
    async [Symbol.asyncDispose]() {
      home[Symbol.dispose]()
      await server[Symbol.asyncDispose]()
    },
  }
}

test('episode delete says what it is about and asks; only a yes moves anything', async () => {
  await using at = await stage(['pick', 'place'])
  const [pick = '', place = ''] = at.ids
  const refused = await at.home.robotrace(`episode delete ${pick} ${place}`, { answers: ['n'] })
  expect(refused.status).toBe(1)
  expect(refused.host.stderr()).toContain(`! 2 episodes: ${pick} “pick” (3 B), ${place} “place” (3 B).`)
  expect(await at.trashed(pick)).toBe(false)
  const meant = await at.home.robotrace(`episode delete ${pick}`, { answers: ['y'] })
  expect(meant.status).toBe(0)
  expect(await Promise.all([pick, place].map(at.trashed))).toEqual([true, false])
})

test('what is in the trash already, or not, is said and is no failure', async () => {
  await using at = await stage(['pick'])
  const [id = ''] = at.ids
  const restored = await at.home.robotrace(`episode restore ${id}`)
  expect(restored.status).toBe(0)
  expect(restored.host.stderr()).toBe(`✓ ${id} is not in the trash.\n`)
  await at.home.robotrace(`episode delete ${id} --yes`)
  const again = await at.home.robotrace(`episode delete ${id} --yes`)
  expect(again.status).toBe(0)
  expect(again.host.stderr()).toBe(`✓ ${id} is in the trash already.\n`)
  expect(await at.trashed(id)).toBe(true)
})

test('an episode is found in whichever project it is, by the address of its page as well', async () => {
  await using at = await stage([])
  const path = `/api/v1/organizations/${at.at.organization_id}/projects`
  await at.client.request('POST', path, { body: { name: 'Warehouse', slug: 'warehouse' } })
  const key = await keyWith(at.server, at.at, { scopes: 'episodes:write' })
  const elsewhere = new Client({
    ...{ api_key: key, base_url: at.server.url, project: 'warehouse', verbose: false },
  })
  const { id, portal_url } = await elsewhere.startEpisode({ name: 'far away' })
  expect((await at.home.robotrace(`episode delete ${portal_url} --yes`)).status).toBe(0)
  expect(await at.trashed(id)).toBe(true)
  expect((await at.home.robotrace(`episode restore ${id}`)).status).toBe(0)
  expect(await at.trashed(id)).toBe(false)
})

test('a slip among several names moves none of them', async () => {
  await using at = await stage(['pick'])
  const [id = ''] = at.ids
  const slip = await at.home.robotrace(`episode delete ${id} the-other --yes`)
  expect(slip.status).toBe(2)
  expect(slip.host.stderr()).toContain('An episode is named by its id')
  expect(await at.trashed(id)).toBe(false)
})

test('a long list is moved with one command', async () => {
  await using at = await stage([])
  const ids: string[] = []
  for (let n = 0; n < 70; n++) ids.push((await at.client.startEpisode({ name: `run ${n}` })).id)
  const { status, host } = await at.home.robotrace(`episode delete ${ids.join(' ')} --yes`)
  expect(host.stderr()).not.toContain('Error')
  expect(status).toBe(0)
  expect((await at.client.listEpisodesPage()).items).toEqual([])
})
