import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { EnrolmentToken } from '../../sdk/wire.ts'
import { insertApiKey } from '../../server/api-keys/api-keys.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { SCOPES } from '../../server/organizations/scopes.ts'
import { audited } from '../audited.ts'
import { enroll, enrolled, enrolmentTokensPath, makeToken } from '../enrolment-requests.ts'
import { json } from '../episode-requests.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, tenant } from '../seed.ts'
import { accessToken, apiToken, sendJson } from '../token-requests.ts'

describe('making enrolment tokens', () => {
  test('(14) takes an administrator, or a service key that may mint keys and all that the devices get', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const post = async (token: string) =>
      (await sendJson(server, 'POST', enrolmentTokensPath(at), token, { label: 'cell 2' })).status
    const who = async (role: 'admin' | 'member') => member(server, at.organization_id, role)
    expect(await post(await accessToken(server, await who('admin')))).toBe(201)
    expect(await post(await accessToken(server, await who('member')))).toBe(403)
    expect(await post(at.api_key)).toBe(403)
    const keyWith = async (wish: { scopes: string; expires_at?: string; account_id?: string }) => {
      const { key, id, hash } = makeKey()
      const { organization_id, owner } = at
      await insertApiKey(server.ctx.db, {
        ...{ id, organization_id, prefix: 'rt', label: 'k', secret_hash: hash, use_count: 0 },
        ...{ created_by: owner.caller.account_id, created_at: server.ctx.now().toISOString(), ...wish },
      })
      return key
    }
    const scopes = SCOPES.join(' ')
    expect(await post(await keyWith({ scopes }))).toBe(201)
    expect(await post(await keyWith({ scopes: 'fleet:write keys:manage' }))).toBe(403)
    expect(await post(await keyWith({ scopes: scopes.replace('keys:manage ', '') }))).toBe(403)
  })

  test('(14) is refused to whatever ends by itself or with somebody: its devices would outlive it', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await apiToken(server, at.owner)
    const refused = await sendJson(server, 'POST', enrolmentTokensPath(at), token, { label: 'cell 2' })
    expect([refused.status, await refused.json()]).toMatchObject([
      403,
      { detail: expect.stringContaining('would outlive') },
    ])
  })

  test('asks for the password again after two hours', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    server.clock.advance('121m')
    await expect(makeToken(server, at)).rejects.toMatchObject({
      data: { problem: { code: 'step_up_required' } },
    })
  })

  test('another organization’s are not there: neither to list, nor to revoke, nor to put devices into its groups', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const theirs = await makeToken(server, elsewhere)
    const { fleet } = portalClient(server, at.owner)
    const missing = { data: { problem: { code: 'not_found' } } }
    await expect(fleet.enrolmentTokens.query(projectOf(elsewhere))).rejects.toMatchObject(missing)
    const revoke = fleet.revokeEnrolmentToken.mutate({ ...projectOf(at), token: theirs.id })
    await expect(revoke).rejects.toMatchObject(missing)
    const group = await portalClient(server, elsewhere.owner).fleet.createGroup.mutate({
      ...{ ...projectOf(elsewhere), name: 'cell 2' },
    })
    await expect(makeToken(server, at, { group_id: group.id })).rejects.toMatchObject({
      data: { problem: { code: 'invalid_request' } },
    })
    await enrolled(server, theirs.token, 'arm-7')
  })

  test('are listed newest first, page by page or cursor by cursor, with their total', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const made: string[] = []
    for (let nth = 0; nth < 3; nth++) {
      made.unshift((await makeToken(server, at)).id)
      server.clock.advance('1s')
    }
    const token = await accessToken(server, at.owner)
    const list = async (query: string) => {
      const page = z.looseObject({
        items: z.array(z.looseObject({ id: z.string() })),
        next_cursor: z.unknown(),
      })
      const answer = await sendJson(server, 'GET', `${enrolmentTokensPath(at)}?page_size=2&${query}`, token)
      const { items, ...facts } = page.parse(await answer.json())
      return { ids: items.map(({ id }) => id), ...facts }
    }
    const first = await list('')
    const facts = { total: 3, page_size: 2 }
    expect(first).toMatchObject({ ids: made.slice(0, 2), ...facts, page: 1 })
    const last = { ids: made.slice(2), ...facts, next_cursor: null }
    expect(await list('page=2')).toMatchObject({ ...last, page: 2 })
    expect(await list(`cursor=${first.next_cursor}`)).toMatchObject({ ...last, page: null })
  })

  test('a group that is gone lets its tokens’ devices in all the same, into none', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { fleet } = portalClient(server, at.owner)
    const { id } = await fleet.createGroup.mutate({ ...projectOf(at), name: 'cell 2' })
    const { token } = await makeToken(server, at, { group_id: id })
    await fleet.removeGroup.mutate({ ...projectOf(at), group: id })
    expect((await enrolled(server, token, 'arm-7')).device.groups).toEqual([])
  })

  test('revoking one over REST ends it and is in the trail; doing it again changes nothing', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, token } = await makeToken(server, at)
    const access = await accessToken(server, at.owner)
    const revoke = async () =>
      json<EnrolmentToken>(await sendJson(server, 'DELETE', `${enrolmentTokensPath(at)}/${id}`, access), 200)
    const first = await revoke()
    expect(first).toMatchObject({ status: 'revoked', label: 'cell 2' })
    server.clock.advance('1m')
    expect(await revoke()).toEqual(first)
    expect((await enroll(server, token, 'arm-7')).status).toBe(401)
    expect(await audited(server, id)).toEqual(['enrolment_token.made', 'enrolment_token.revoked'])
  })
})
