import { TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { DOORS } from '../../server/app.ts'
import { apiToken } from '../api-token.ts'
import { REST } from '../authorization/table.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { accessToken, everywhereKey, personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { bearer, member, type Person, person, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

const CODE = 'second_factor_missing'

/** Sets an authenticator up. @returns the same person with the cookie that they have now */
async function withFactor(server: TestServer, who: Person): Promise<Person> {
  const { secret } = await portalClient(server, who).auth.startTotp.mutate()
  const code = new TOTP({ secret }).generate({ timestamp: server.ctx.now().getTime() })
  const answer = await mutate(server, 'auth.confirmTotp', { code }, { Cookie: who.cookie })
  expect(answer.status).toBe(200)
  return { ...who, cookie: (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '' }
}

async function strictTenant(server: TestServer) {
  const at = await tenant(server)
  const owner = await withFactor(server, at.owner)
  const { organization_id } = at
  await portalClient(server, owner).organization.setSecondFactor.mutate({ organization_id, required: true })
  return { ...at, owner }
}

async function codeOf(answer: Response): Promise<string> {
  const { code } = (await answer.json()) as { code?: string }
  return code ?? `${answer.status}`
}

describe('a required second factor', () => {
  test('(47) shuts out whoever has none by cookie, access token, API token and rbtk_ key, and lets in at once', async () => {
    await using server = await startTestServer()
    const { organization_id } = await strictTenant(server)
    const who = await member(server, organization_id, 'admin')
    const path = `/api/v1/organizations/${organization_id}/projects`
    const credentials = [
      await accessToken(server, who),
      await apiToken(server, who),
      (await everywhereKey(server, who, 'laptop')).key,
    ]
    for (const credential of credentials) {
      const answer = await server.fetch(path, { headers: bearer(credential) })
      expect([answer.status, await codeOf(answer)]).toEqual([403, CODE])
      const ingest = await sendJson(
        server,
        'POST',
        '/api/ingest/episode',
        credential,
        {},
        {
          'X-RoboTrace-Organization': organization_id,
        },
      )
      expect([ingest.status, await codeOf(ingest)]).toEqual([403, CODE])
    }
    const portal = portalClient(server, who)
    await expect(portal.episodes.list.query({ organization_id })).rejects.toMatchObject({
      data: { problem: { code: CODE, status: 403 } },
    })
    expect((await portal.auth.me.query())?.organizations).toMatchObject([
      { id: organization_id, locked: true },
    ])
    const now = await withFactor(server, who)
    expect(await portalClient(server, now).episodes.list.query({ organization_id })).toMatchObject({
      items: [],
    })
    for (const credential of credentials) {
      expect((await server.fetch(path, { headers: bearer(credential) })).status).toBe(200)
    }
  })

  test('(47) shuts every route of the organization to an owner who has none', async () => {
    await using server = await startTestServer()
    const { organization_id } = await strictTenant(server)
    const credential = await apiToken(server, await member(server, organization_id, 'owner'))
    const closed = DOORS.filter(({ path, method }) => {
      const row = REST[`${method} ${path}`]
      return path.includes('/:org') && row?.stranger === 404 && row.owner === 'in'
    })
    expect(closed.length).toBeGreaterThan(10)
    for (const { path, method, example } of closed) {
      const params: Record<string, string> = { ...example.params, org: organization_id }
      const address = path.replace(/:(\w+)/g, (_, name: string) => params[name] ?? 'x')
      const body = method === 'POST' || method === 'PATCH' ? (example.body ?? {}) : undefined
      const answer = await sendJson(server, method, address, credential, body as object | undefined)
      expect([`${method} ${path}`, answer.status, await codeOf(answer)]).toEqual([
        `${method} ${path}`,
        403,
        CODE,
      ])
    }
  })

  test('lets robots go on: keys of the organization work, a personal rt_ key records but manages nothing', async () => {
    await using server = await startTestServer()
    const { organization_id, api_key } = await strictTenant(server)
    const who = await member(server, organization_id, 'admin')
    const { key, id } = await personalKey(server, who, organization_id)
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'episodes:write episodes:read keys:manage admin' })
      .where('id', '=', id)
      .execute()
    for (const robot of [api_key, key]) {
      expect((await sendJson(server, 'POST', '/api/ingest/episode', robot, {})).status).toBe(201)
    }
    const trail = `/api/v1/organizations/${organization_id}/audit`
    expect((await server.fetch(trail, { headers: bearer(key) })).status).toBe(403)
    await withFactor(server, who)
    expect((await server.fetch(trail, { headers: bearer(key) })).status).toBe(200)
  })

  test('holds for staff too', async () => {
    await using server = await startTestServer()
    const { organization_id } = await strictTenant(server)
    const open = await tenant(server)
    const staff = await person(server, { staff: true })
    const credential = await apiToken(server, staff)
    const home = '/api/v1/organizations'
    const answer = await server.fetch(`${home}/${organization_id}/projects`, { headers: bearer(credential) })
    expect([answer.status, await codeOf(answer)]).toEqual([403, CODE])
    const other = await server.fetch(`${home}/${open.organization_id}/projects`, {
      headers: bearer(credential),
    })
    expect(other.status).toBe(200)
    await withFactor(server, staff)
    const now = await server.fetch(`${home}/${organization_id}/projects`, { headers: bearer(credential) })
    expect(now.status).toBe(200)
  })

  test('signs no terminal in for somebody who has none', async () => {
    await using server = await startTestServer()
    const { organization_id } = await strictTenant(server)
    const who = await member(server, organization_id, 'member')
    const started = await server.fetch('/api/cli/auth/start', { method: 'POST' })
    const { user_code } = (await started.json()) as { user_code: string }
    const seen = await portalClient(server, who).deviceLogin.claim.mutate({ user_code })
    expect(seen.organizations).toEqual([])
    const now = await withFactor(server, who)
    const again = await portalClient(server, now).deviceLogin.view.mutate({ user_code })
    expect(again.organizations).toMatchObject([{ id: organization_id }])
  })
})

describe('turning it on', () => {
  test('names those who would be locked out, and is for an admin who has a second factor', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const viewer = await member(server, organization_id, 'viewer')
    const on = { organization_id, required: true }
    const portal = portalClient(server, owner)
    await expect(portal.organization.setSecondFactor.mutate(on)).rejects.toMatchObject({
      data: { problem: { code: 'conflict', detail: expect.stringContaining('lock you out') } },
    })
    expect((await portal.auth.me.query())?.organizations[0]?.locked).toBe(false)
    const now = portalClient(server, await withFactor(server, owner))
    const before = await now.organization.secondFactor.query({ organization_id })
    expect(before).toEqual({
      required_since: null,
      own: true,
      without: [
        { account_id: viewer.caller.account_id, name: 'A viewer', email: viewer.email, role: 'viewer' },
      ],
    })
    const seen = await portalClient(server, viewer).organization.secondFactor.query({ organization_id })
    expect(seen).toEqual({ required_since: null, own: false, without: null })
    expect(await now.organization.setSecondFactor.mutate(on)).toMatchObject({
      required_since: expect.any(String),
    })
    const trail = await now.audit.list.query({ organization_id, action: 'organization' })
    expect(trail.items).toMatchObject([
      { action: 'organization.second_factor_required', detail: { locked_out: 1 } },
    ])
    await now.organization.setSecondFactor.mutate({ organization_id, required: false })
    expect(await portalClient(server, viewer).episodes.list.query({ organization_id })).toMatchObject({
      items: [],
    })
  })

  test('asks for a proof of the last two hours', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const now = await withFactor(server, owner)
    server.clock.advance('3h')
    await expect(
      portalClient(server, now).organization.setSecondFactor.mutate({ organization_id, required: true }),
    ).rejects.toMatchObject({ data: { problem: { code: 'step_up_required' } } })
  })

  test('locks nobody out for good: the last factor of its people cannot be removed while it is on', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await strictTenant(server)
    const portal = portalClient(server, owner)
    await expect(portal.auth.removeTotp.mutate()).rejects.toMatchObject({
      data: {
        problem: {
          code: 'conflict',
          detail:
            'Halcyon Robotics requires a second factor, and this is your last one. Add another one first.',
        },
      },
    })
    expect((await portal.auth.factors.query()).totp).not.toBeNull()
    expect((await portal.auth.factors.query()).recovery_codes_left).toBeGreaterThan(0)
    await portal.organization.setSecondFactor.mutate({ organization_id, required: false })
    await portal.auth.removeTotp.mutate()
  })
})
