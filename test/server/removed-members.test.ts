import { describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { put, videoSlot } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import {
  accessToken,
  apiToken,
  everywhereKey,
  type KeptConnection,
  keepConnection,
  personalKey,
} from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, type Person, tenant } from '../seed.ts'

/** Every way in which one member is signed in, each as a read and a write of the organization. */
async function waysIn(server: TestServer, who: Person, organization_id: string) {
  const key = await personalKey(server, who, organization_id)
  const named = { 'X-RoboTrace-Organization': organization_id }
  const machines: Record<string, Record<string, string>> = {
    'personal key': bearer(key.key),
    'rbtk_ key': { ...bearer((await everywhereKey(server, who, 'all my labs')).key), ...named },
    'access token': { ...bearer(await accessToken(server, who)), ...named },
    'API token': { ...bearer(await apiToken(server, who)), ...named },
  }
  const json = { 'Content-Type': 'application/json' }
  const input = encodeURIComponent(JSON.stringify({ organization_id }))
  const portal = { ...json, Cookie: who.cookie, 'Sec-Fetch-Site': 'same-origin' }
  const mint = JSON.stringify({ organization_id, label: 'mine' })
  return {
    key,
    ways: [
      ...Object.entries(machines).map(([name, headers]) => ({
        name,
        read: (kept: KeptConnection) => kept.send('GET', '/api/episodes', headers),
        write: (kept: KeptConnection) =>
          kept.send('POST', '/api/ingest/episode', { ...headers, ...json }, '{}'),
      })),
      {
        name: 'session',
        read: (kept: KeptConnection) => kept.send('GET', `/trpc/apiKeys.list?input=${input}`, portal),
        write: (kept: KeptConnection) => kept.send('POST', '/trpc/apiKeys.mint', portal, mint),
      },
    ],
  }
}

/** Upload links that a personal key and an API token were given before it happened. */
async function uploadLinks(server: TestServer, who: Person, organization_id: string, key: string) {
  const byKey = (await videoSlot(server, key)).url
  const token = await apiToken(server, who)
  const answer = await server.fetch('/api/ingest/episode', {
    method: 'POST',
    headers: {
      ...bearer(token),
      'Content-Type': 'application/json',
      'X-RoboTrace-Organization': organization_id,
    },
    body: '{"request_uploads":["video"]}',
  })
  const { upload_urls } = (await answer.json()) as { upload_urls: { url: string }[] } // asserted by using it
  return [byKey, upload_urls[0]?.url ?? '']
}

describe('(16, 49) on the same kept connection, the next request', () => {
  test('of a removed member is refused, whatever they are signed in with; signed upload links as well', async () => {
    await using server = await startTestServer()
    const { organization_id, owner, api_key } = await tenant(server)
    const casey = await member(server, organization_id, 'member')
    const { ways, key } = await waysIn(server, casey, organization_id)
    const links = await uploadLinks(server, casey, organization_id, key.key)
    using kept = keepConnection(server)
    for (const { name, read, write } of ways) {
      expect((await read(kept)).status, name).toBe(200)
      expect((await write(kept)).status, name).toBeLessThan(300)
    }
    for (const url of links) expect((await put(url, 'x')).status).toBe(200)
    await portalClient(server, owner).members.remove.mutate({
      organization_id,
      account_id: casey.caller.account_id,
    })
    for (const { name, read, write } of ways) {
      // The key is dead; a person's own token lives, but this organization does not exist for them any more.
      const gone = name === 'personal key' ? 401 : 404
      expect((await read(kept)).status, name).toBe(gone)
      expect((await write(kept)).status, name).toBe(gone)
    }
    for (const url of links) expect((await put(url, 'x')).status).toBe(403)
    expect(kept.ports.size).toBe(1)
    expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(200)
  })

  test('of a demoted member reads and writes no more; signed upload links are refused', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await member(server, organization_id, 'member')
    const { ways, key } = await waysIn(server, casey, organization_id)
    const links = await uploadLinks(server, casey, organization_id, key.key)
    using kept = keepConnection(server)
    for (const { name, write } of ways) expect((await write(kept)).status, name).toBeLessThan(300)
    await portalClient(server, owner).members.changeRole.mutate({
      organization_id,
      account_id: casey.caller.account_id,
      role: 'viewer',
    })
    for (const { name, read, write } of ways) {
      expect((await write(kept)).status, name).toBe(403)
      expect((await read(kept)).status, name).toBe(200)
    }
    for (const url of links) expect((await put(url, 'x')).status).toBe(403)
    expect(kept.ports.size).toBe(1)
  })

  test('of a demoted admin manages people no more', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const portal = portalClient(server, admin)
    expect(await portal.invitations.list.query({ organization_id })).toEqual([])
    await portalClient(server, owner).members.changeRole.mutate({
      organization_id,
      account_id: admin.caller.account_id,
      role: 'member',
    })
    await expect(portal.invitations.list.query({ organization_id })).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
  })
})

async function robot(server: TestServer, tenant_: { organization_id: string; owner: Person }, name: string) {
  const { id: project_id } = await server.ctx.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', tenant_.organization_id)
    .executeTakeFirstOrThrow()
  const id = newId('dev')
  const created_at = server.ctx.now().toISOString()
  const created_by = tenant_.owner.caller.account_id
  const { organization_id } = tenant_
  await server.ctx.db
    .insertInto('devices')
    .values({ id, organization_id, project_id, name, status: 'offline', created_by, created_at })
    .execute()
  return id
}

async function sshKey(server: TestServer, who: Person, devices: string[]): Promise<string> {
  const id = newId('ssh')
  const at = server.ctx.now().toISOString()
  const { account_id } = who.caller
  const key = { type: 'ssh-ed25519', public_key: 'AAAA', fingerprint: `SHA256:${id}`, comment: '' }
  await server.ctx.db
    .insertInto('ssh_keys')
    .values({ id, account_id, name: 'desk key', ...key, created_at: at })
    .execute()
  for (const device_id of devices) {
    await server.ctx.db
      .insertInto('device_ssh_keys')
      .values({ device_id, ssh_key_id: id, added_by: account_id, added_at: at })
      .execute()
  }
  return id
}

describe('(49) before a member is removed or demoted', () => {
  test('the remover is shown by name what ends, what is narrowed and what goes on', async () => {
    await using server = await startTestServer()
    const here = await tenant(server)
    const { organization_id, owner } = here
    const casey = await member(server, organization_id, 'member')
    const portal = portalClient(server, owner)
    const service = await portalClient(server, casey).apiKeys.mint.mutate({
      organization_id,
      label: 'bench rig',
    })
    const own = await personalKey(server, casey, organization_id, 'casey laptop')
    await everywhereKey(server, casey, 'all my labs')
    await apiToken(server, casey)
    await sshKey(server, casey, [await robot(server, here, 'arm-03'), await robot(server, here, 'arm-01')])
    const elsewhere = await tenant(server)
    await personalKey(server, casey, elsewhere.organization_id, 'not of this organization')
    const about = { organization_id, account_id: casey.caller.account_id }

    const removal = await portal.members.consequences.query({ ...about, role: null })
    expect(removal).toMatchObject({
      email: casey.email,
      from: 'member',
      to: null,
      api_keys: [{ label: 'casey laptop', prefix: `rt_${own.id}` }],
      personal_keys: [{ label: 'all my labs', prefix: expect.stringMatching(/^rbtk_/) }],
      api_tokens: [{ id: expect.stringMatching(/^tok_/) }],
      ssh_keys: [{ name: 'desk key', devices: ['arm-01', 'arm-03'] }],
      session_count: 1,
      service_keys: [{ label: 'bench rig', prefix: service.api_key.prefix }],
    })
    expect(JSON.stringify(removal)).not.toContain('not of this organization')

    const demotion = await portal.members.consequences.query({ ...about, role: 'viewer' })
    expect(demotion.loses).toEqual(['episodes:write', 'evals:write', 'fleet:write'])
    expect(demotion.api_keys).toMatchObject([
      { label: 'casey laptop', loses: ['episodes:write', 'evals:write'] },
    ])
    expect(demotion.ssh_keys).toMatchObject([{ name: 'desk key', devices: ['arm-01', 'arm-03'] }])
    const raise = await portal.members.consequences.query({ ...about, role: 'admin' })
    expect(raise.ssh_keys).toEqual([])
    expect(raise).toMatchObject({
      loses: [],
      api_keys: [],
      personal_keys: [],
      api_tokens: [],
      session_count: 0,
    })
  })

  test('their pending invitations are named among what ends', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    for (const [email, role] of [
      ['one@lab.example', 'admin'],
      ['two@lab.example', 'viewer'],
    ] as const) {
      await portalClient(server, admin).invitations.make.mutate({ organization_id, email, role })
    }
    const { invitations } = await portalClient(server, owner).members.consequences.query({
      organization_id,
      account_id: admin.caller.account_id,
      role: 'member',
    })
    expect(invitations.map(({ email }) => email)).toEqual(['one@lab.example', 'two@lab.example'])
  })

  test('only admins, owners and the member themselves are shown', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await member(server, organization_id, 'viewer')
    const ask = (who: Person, about: Person) =>
      portalClient(server, who).members.consequences.query({
        organization_id,
        account_id: about.caller.account_id,
        role: null,
      })
    expect(await ask(casey, casey)).toMatchObject({ from: 'viewer' })
    await expect(ask(casey, owner)).rejects.toMatchObject({ data: { problem: { code: 'forbidden' } } })
    const stranger = (await tenant(server)).owner
    await expect(ask(stranger, owner)).rejects.toMatchObject({ data: { problem: { code: 'not_found' } } })
  })
})

test('(49) what was personal does not come back to life when somebody is invited again', async () => {
  await using server = await startTestServer()
  const here = await tenant(server)
  const { organization_id, owner } = here
  const casey = await member(server, organization_id, 'member')
  const { key, id } = await personalKey(server, casey, organization_id)
  const ssh = await sshKey(server, casey, [await robot(server, here, 'arm-03')])
  await portalClient(server, casey).members.leave.mutate({ organization_id })
  await server.ctx.db
    .insertInto('members')
    .values({
      organization_id,
      account_id: casey.caller.account_id,
      role: 'member',
      created_at: server.ctx.now().toISOString(),
    })
    .execute()
  expect((await server.fetch('/api/episodes', { headers: bearer(key) })).status).toBe(401)
  const logins = server.ctx.db.selectFrom('device_ssh_keys').selectAll().where('ssh_key_id', '=', ssh)
  expect(await logins.execute()).toEqual([])
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'target', 'actor_id', 'detail'])
    .where('actor_id', '=', casey.caller.account_id)
    .orderBy('seq')
    .execute()
  expect(events).toMatchObject([
    { action: 'api_key.revoked', target: id },
    { action: 'device.ssh_key_removed' },
    { action: 'member.left', detail: expect.stringContaining('"ssh_logins_ended":1') },
  ])
  expect((await portalClient(server, owner).members.list.query({ organization_id })).length).toBe(2)
})
