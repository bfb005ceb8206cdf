import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, tenant } from '../seed.ts'
import { keysOf, listed, minted, problem, refusalOf, send, tokenOf } from './key-requests.ts'

const USER = '/api/v1/user/api-keys'

describe('rbtk_ keys (seed 001)', () => {
  test('act as their person in every organization, with the role they have there', async () => {
    await using server = await startTestServer()
    const [one, two] = [await tenant(server), await tenant(server)]
    const account_id = one.owner.caller.account_id
    const created_at = server.ctx.now().toISOString()
    await server.ctx.db
      .insertInto('members')
      .values({ organization_id: two.organization_id, account_id, role: 'viewer', created_at })
      .execute()
    const { key, api_key } = await portalClient(server, one.owner).apiKeys.mintPersonal.mutate({
      label: 'laptop',
      scopes: ['episodes:write', 'episodes:read', 'keys:manage'],
    })
    expect(key).toMatch(/^rbtk_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
    expect(api_key).toMatchObject({ prefix: key.slice(0, 15), kind: 'personal', owner: { id: account_id } })
    expect((await send(server, key, 'GET', keysOf(one))).status).toBe(200)
    expect(await refusalOf(await send(server, key, 'GET', keysOf(two)))).toBe('403 forbidden')
    expect(await refusalOf(await send(server, key, 'GET', keysOf(await tenant(server))))).toBe(
      '404 not_found',
    )
  })

  test('ingest with one needs the organization named, and says so', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await portalClient(server, lab.owner).apiKeys.mintPersonal.mutate({ label: 'laptop' })
    const unnamed = await send(server, key, 'POST', '/api/ingest/episode', {})
    expect(unnamed.status).toBe(400)
    expect(problem.parse(await unnamed.json()).detail).toContain('X-RoboTrace-Organization')
    const named = await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: {
        ...bearer(key),
        'Content-Type': 'application/json',
        'X-RoboTrace-Organization': lab.organization_id,
      },
      body: '{}',
    })
    expect(named.status).toBe(201)
  })

  test('are made, listed and revoked over REST by a person, not by a key of an organization', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const token = await tokenOf(server, lab.owner, 'robotrace-api-token+jwt')
    const answer = await send(server, token, 'POST', USER, { label: 'ci', account_id: 'acc_x' })
    expect(answer.status).toBe(201)
    const { key, api_key } = minted.parse(await answer.json())
    expect(api_key.owner?.id).toBe(lab.owner.caller.account_id)
    expect(listed.parse(await (await send(server, token, 'GET', USER)).json()).items[0]?.id).toBe(api_key.id)
    for (const method of ['GET', 'POST']) {
      const body = method === 'POST' ? { label: 'x' } : undefined
      expect(await refusalOf(await send(server, lab.api_key, method, USER, body))).toBe('403 forbidden')
    }
    const stranger = await tokenOf(server, await person(server), 'robotrace-api-token+jwt')
    const path = `${USER}/${api_key.id}`
    expect(await refusalOf(await send(server, stranger, 'DELETE', path))).toBe('404 not_found')
    expect((await send(server, token, 'DELETE', path)).status).toBe(200)
    expect((await send(server, key, 'GET', '/api/whoami')).status).toBe(401)
  })

  test('(14) one without keys:manage makes no other; with it, none that is broader or lives longer', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { mintPersonal } = portalClient(server, lab.owner).apiKeys
    const plain = await mintPersonal.mutate({ label: 'plain' })
    expect(await refusalOf(await send(server, plain.key, 'POST', USER, { label: 'x' }))).toBe(
      '403 insufficient_scope',
    )
    const minting = await refusalOf(await send(server, plain.key, 'POST', keysOf(lab), { label: 'x' }))
    expect(minting).toBe('403 insufficient_scope')
    const expires_at = new Date(Date.now() + 86_400_000).toISOString()
    const manager = await mintPersonal.mutate({
      label: 'm',
      scopes: ['keys:manage', 'fleet:read'],
      expires_at,
    })
    const more = await send(server, manager.key, 'POST', USER, { label: 'x', scopes: ['fleet:write'] })
    expect(more.status).toBe(400)
    const same = await send(server, manager.key, 'POST', USER, { label: 'x', scopes: ['fleet:read'] })
    expect(minted.parse(await same.json()).api_key.expires_at).toBe(expires_at)
    // In an organization, too, what a personal key makes stays its owner's.
    const inLab = await send(server, manager.key, 'POST', keysOf(lab), { label: 'x', scopes: ['fleet:read'] })
    expect(minted.parse(await inLab.json()).api_key).toMatchObject({
      kind: 'personal',
      owner: { id: lab.owner.caller.account_id },
      expires_at,
    })
  })

  test('somebody who is a viewer everywhere makes none', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    for (const who of [await member(server, organization_id, 'viewer'), await person(server)]) {
      await expect(
        portalClient(server, who).apiKeys.mintPersonal.mutate({ label: 'x' }),
      ).rejects.toMatchObject({ data: { problem: { code: 'forbidden' } } })
    }
  })

  test('the strictest of one’s organizations says how long they live', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    await server.ctx.db
      .updateTable('organizations')
      .set({ key_days_max: 7 })
      .where('id', '=', organization_id)
      .execute()
    const { api_key } = await portalClient(server, owner).apiKeys.mintPersonal.mutate({ label: 'x' })
    expect(Date.parse(api_key.expires_at ?? '') - Date.parse(api_key.created_at)).toBeLessThanOrEqual(
      7 * 86_400_000,
    )
  })
})

describe('personal keys of one organization', () => {
  test('are bound to whoever makes them, may no more than they, and end with them', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { organization_id } = lab
    const somebody = await member(server, organization_id, 'member')
    const { key, api_key } = await portalClient(server, somebody).apiKeys.mint.mutate({
      organization_id,
      label: 'mine',
      kind: 'personal',
    })
    expect(api_key).toMatchObject({ kind: 'personal', owner: { email: somebody.email } })
    expect((await send(server, key, 'GET', '/api/episodes')).status).toBe(200)
    await server.ctx.db.deleteFrom('members').where('account_id', '=', somebody.caller.account_id).execute()
    expect((await send(server, key, 'GET', '/api/episodes')).status).toBe(401)
  })

  test('are rotated by nobody but their owner: the new text would act as them', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const somebody = await member(server, lab.organization_id, 'member')
    const { api_key } = await portalClient(server, somebody).apiKeys.mint.mutate({
      organization_id: lab.organization_id,
      label: 'mine',
      kind: 'personal',
    })
    const owner = portalClient(server, lab.owner)
    await expect(owner.apiKeys.rotate.mutate({ id: api_key.id, overlap: '1h' })).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
    const rotated = await portalClient(server, somebody).apiKeys.rotate.mutate({ id: api_key.id })
    expect(rotated.api_key.owner?.email).toBe(somebody.email)
    expect((await owner.apiKeys.revoke.mutate({ id: rotated.api_key.id })).revoked_at).not.toBeNull()
  })
})
