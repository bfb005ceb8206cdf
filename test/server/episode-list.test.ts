import { describe, expect, test } from 'vitest'
import type { EpisodePage } from '../../sdk/wire.ts'
import { json, problem, read, start } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

describe('200', () => {
  test('pages hold every episode once, newest first, whatever the filter', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const wanted: string[] = []
    for (let nth = 0; nth < 7; nth++) {
      const { episode_id } = await start(server, api_key, {
        robot: nth % 2 ? 'arm-7' : 'arm-8',
        policy_version: 'v1',
      })
      if (nth % 2) wanted.unshift(episode_id)
    }
    const seen: string[] = []
    for (let cursor: string | null = ''; cursor !== null; ) {
      const path = `/api/episodes?robot=arm-7&policy_version=v1&status=recording&source=real&limit=2${cursor && `&cursor=${cursor}`}`
      const page: EpisodePage = await json(await server.fetch(path, { headers: bearer(api_key) }), 200)
      expect(page.items.length).toBeLessThanOrEqual(2)
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.next_cursor
    }
    expect(seen).toHaveLength(3)
    expect([...seen].sort()).toEqual([...wanted].sort())
  })

  test('since is inclusive, until exclusive, and offsets are understood', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { episode_id } = await start(server, api_key)
    const { created_at } = await read(server, api_key, episode_id)
    const count = async (query: string) => {
      const answer = await server.fetch(`/api/episodes?${query}`, { headers: bearer(api_key) })
      return (await json<EpisodePage>(answer, 200)).items.length
    }
    expect(await count(`since=${created_at}`)).toBe(1)
    expect(await count(`until=${created_at}`)).toBe(0)
    expect(await count(`since=${encodeURIComponent(created_at.replace('Z', '+00:00'))}`)).toBe(1)
  })

  test('(51) a list never shows episodes of another organization', async () => {
    await using server = await startTestServer()
    const mine = await tenant(server)
    const theirs = await tenant(server)
    await start(server, theirs.api_key)
    const { items } = await json<EpisodePage>(
      await server.fetch('/api/episodes', { headers: bearer(mine.api_key) }),
      200,
    )
    expect(items).toEqual([])
  })
})

describe('400', () => {
  test.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'cursor=abc',
    'status=gone',
    'since=yesterday',
    'archived=maybe',
  ])('a list asked with %s is refused', async (query) => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const refused = await problem(await server.fetch(`/api/episodes?${query}`, { headers: bearer(api_key) }))
    expect(refused.status).toBe(400)
    expect(refused.errors?.[0]?.path).toBe(query.split('=')[0])
  })
})
