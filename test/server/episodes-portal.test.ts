import { describe, expect, test } from 'vitest'
import type { EpisodePage } from '../../sdk/wire.ts'
import { finalize, json, start } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, tenant } from '../seed.ts'

describe('200', () => {
  test('an archived episode leaves the list, refuses to be finalized and comes back as it was', async () => {
    await using server = await startTestServer()
    const { api_key, owner } = await tenant(server)
    const portal = portalClient(server, owner)
    const { episode_id: id } = await start(server, api_key)
    const before = await portal.episodes.get.query({ id })
    const archived = await portal.episodes.archive.mutate({ id })
    expect(archived.archived_at).not.toBeNull()
    expect(await portal.episodes.archive.mutate({ id })).toEqual(archived)
    const listed = async (query: string) =>
      json<EpisodePage>(await server.fetch(`/api/episodes${query}`, { headers: bearer(api_key) }), 200)
    expect((await listed('')).items).toEqual([])
    expect((await listed('?archived=true')).items).toHaveLength(1)
    expect((await finalize(server, api_key, id)).status).toBe(409)
    await portal.episodes.restore.mutate({ id })
    expect(await portal.episodes.restore.mutate({ id })).toEqual(before)
    expect((await finalize(server, api_key, id)).status).toBe(200)
  })

  test('the portal gets plain JSON: exact digits as texts, the organization and what may be done', async () => {
    await using server = await startTestServer()
    const { api_key, owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    const { episode_id: id } = await start(
      server,
      api_key,
      '{"seed":18446744073709551615,"metadata":{"t":[12345678901234567890]}}',
    )
    const episode = await portal.episodes.get.query({ id })
    expect(episode).toMatchObject({
      seed_text: '18446744073709551615',
      metadata: { t: ['12345678901234567890'] },
      organization: { id: organization_id, name: 'Halcyon Robotics' },
      can_archive: true,
    })
    expect(episode).not.toHaveProperty('seed')
    const page = await portal.episodes.list.query({ organization_id })
    expect(page.items.map((item) => item.id)).toEqual([id])
  })
})

describe('403', () => {
  test('a viewer sees an episode and may not archive it', async () => {
    await using server = await startTestServer()
    const { api_key, organization_id } = await tenant(server)
    const { episode_id: id } = await start(server, api_key)
    const portal = portalClient(server, await member(server, organization_id, 'viewer'))
    expect((await portal.episodes.get.query({ id })).can_archive).toBe(false)
    await expect(portal.episodes.archive.mutate({ id })).rejects.toThrow('Not enough permissions')
    await expect(portal.episodes.restore.mutate({ id })).rejects.toThrow('Not enough permissions')
  })
})

describe('404', () => {
  test('a person sees only episodes of their own organizations; staff see all', async () => {
    await using server = await startTestServer()
    const { api_key, organization_id } = await tenant(server)
    const { episode_id: id } = await start(server, api_key)
    const stranger = portalClient(server, await person(server))
    for (const ask of [
      () => stranger.episodes.get.query({ id }),
      () => stranger.episodes.archive.mutate({ id }),
      () => stranger.episodes.restore.mutate({ id }),
    ]) {
      await expect(ask()).rejects.toThrow('No such episode.')
    }
    await expect(stranger.episodes.list.query({ organization_id })).rejects.toThrow('No such organization.')
    const staff = portalClient(server, await person(server, { staff: true }))
    expect((await staff.episodes.get.query({ id })).can_archive).toBe(true)
  })
})
