import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { approve, authorize, DEVICE_GRANT, oauth, pageOf, poll, start, token } from './login.ts'

/** RFC 8628 and its neighbours, statement by statement; the numbers are those of the project's checklist. */
const CLIENT = { client_id: 'robotrace-cli' }

describe('token request', () => {
  test('D28 another grant is unsupported_grant_type, a missing one invalid_request', async () => {
    await using server = await startTestServer()
    expect((await oauth(server, 'token', { ...CLIENT, grant_type: 'password' })).body.error).toBe(
      'unsupported_grant_type',
    )
    expect((await oauth(server, 'token', CLIENT)).body.error).toBe('invalid_request')
    expect((await oauth(server, 'token', { ...CLIENT, grant_type: DEVICE_GRANT })).body.error).toBe(
      'invalid_request',
    )
  })

  test('D29 a device_code issued to another client is invalid_grant', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    await server.ctx.db.updateTable('device_logins').set({ client_id: 'another-client' }).execute()
    expect((await token(server, device_code)).body.error).toBe('invalid_grant')
  })

  test('D30 pending is authorization_pending', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    expect(await token(server, device_code)).toMatchObject({
      status: 400,
      body: { error: 'authorization_pending' },
    })
  })

  test('D31 too fast is slow_down, and the raised interval stays for this login and is told', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    await token(server, device_code)
    expect((await token(server, device_code)).body).toMatchObject({ error: 'slow_down', interval: 10 })
    server.clock.advance('6s')
    expect((await token(server, device_code)).body).toMatchObject({ error: 'slow_down', interval: 15 })
    server.clock.advance('15s')
    expect((await token(server, device_code)).body).toMatchObject({ error: 'authorization_pending' })
  })

  test('D32 the first poll and one that is early by a second or a fifth are not too fast', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    expect((await token(server, device_code)).body.error).toBe('authorization_pending')
    for (let i = 0; i < 5; i++) {
      server.clock.advance('4s')
      expect((await token(server, device_code)).body.error).toBe('authorization_pending')
    }
    server.clock.advance('3900ms')
    expect((await token(server, device_code)).body.error).toBe('slow_down')
  })

  test('D32 of polls at the same moment one passes', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    const answers = await Promise.all(Array.from({ length: 8 }, () => token(server, device_code)))
    expect(answers.filter(({ body }) => body.error === 'authorization_pending')).toHaveLength(1)
    expect(answers.filter(({ body }) => body.error === 'slow_down')).toHaveLength(7)
  })

  test('D33 refused is access_denied', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await authorize(server)
    await pageOf(server, owner).claim.mutate(login)
    await pageOf(server, owner).refuse.mutate(login)
    expect((await token(server, login.device_code)).body.error).toBe('access_denied')
  })

  test('D34 late is expired_token for an hour, then invalid_grant', async () => {
    await using server = await startTestServer()
    const { device_code } = await authorize(server)
    for (const [wait, error] of [
      ['600s', 'expired_token'],
      ['3599s', 'expired_token'],
      ['1s', 'invalid_grant'],
    ] as const) {
      server.clock.advance(wait)
      expect((await token(server, device_code)).body.error).toBe(error)
    }
  })

  test('D35 unknown and redeemed are invalid_grant', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    expect((await token(server, 'never-issued')).body.error).toBe('invalid_grant')
    const login = await authorize(server)
    await approve(server, lab, login)
    expect((await token(server, login.device_code)).status).toBe(200)
    expect((await token(server, login.device_code)).body.error).toBe('invalid_grant')
  })

  test('D36 approved is a bearer token with its scope, not to be stored on the way', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await authorize(server)
    await approve(server, lab, login)
    const { status, headers, body } = await token(server, login.device_code)
    expect({ status, cache: headers.get('cache-control') }).toEqual({ status: 200, cache: 'no-store' })
    expect(body).toEqual({
      access_token: expect.stringMatching(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/),
      token_type: 'bearer',
      scope: 'episodes:write episodes:read evals:write evals:read fleet:read',
    })
  })

  test('(17) D37 of fifty polls in both dialects at the same moment exactly one gets the key', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    const answers = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        if (i % 2) return (await poll(server, login.device_code)).api_key
        return (await token(server, login.device_code)).body.access_token
      }),
    )
    expect(answers.filter((key) => key !== undefined)).toHaveLength(1)
    const keys = await server.ctx.db.selectFrom('api_keys').select('label').execute()
    expect(keys.filter(({ label }) => label.startsWith('robotrace-cli'))).toHaveLength(1)
  })

  test.each([
    [
      'disabled',
      (id: string) => ({
        table: 'accounts' as const,
        change: { disabled_at: '2026-01-01T00:00:00.000Z' },
        id,
      }),
    ],
    [
      'demoted to viewer',
      (id: string) => ({ table: 'members' as const, change: { role: 'viewer' as const }, id }),
    ],
  ])('D38 an approver who was %s meanwhile gets the terminal nothing', async (_, how) => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    const { table, change, id } = how(lab.owner.caller.account_id)
    if (table === 'accounts')
      await server.ctx.db.updateTable('accounts').set(change).where('id', '=', id).execute()
    else await server.ctx.db.updateTable('members').set(change).where('account_id', '=', id).execute()
    expect(await poll(server, login.device_code)).toEqual({ http: 200, status: 'denied' })
    expect((await token(server, login.device_code)).body.error).toBe('access_denied')
    expect(await server.ctx.db.selectFrom('api_keys').select('id').execute()).toHaveLength(1)
  })

  test('D38 an organization that stopped letting terminals in is asked again, too', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    const { organization_id } = lab
    const off = { organization_id, allowed: false, networks: [], key_days: null, step_up: false }
    await pageOf(server, lab.owner).setPolicy.mutate(off)
    expect(await poll(server, login.device_code)).toMatchObject({ status: 'denied' })
    const next = await start(server)
    const view = await pageOf(server, lab.owner).claim.mutate(next)
    expect(view.organizations).toEqual([])
    await expect(approve(server, lab, next)).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
  })

  test('D39 too many starts are told to wait in JSON', async () => {
    await using server = await startTestServer()
    for (let i = 0; i < 5; i++) await authorize(server)
    const { status, headers, body } = await oauth(server, 'device_authorization', CLIENT)
    expect({ status, error: body.error }).toEqual({ status: 429, error: 'temporarily_unavailable' })
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('D40 a consumed code that comes back from elsewhere is audited and told to its owner', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    await poll(server, login.device_code)
    expect(await poll(server, login.device_code, '203.0.113.9')).toMatchObject({ http: 410 })
    const notices = await portalClient(server, lab.owner).notices.list.query()
    expect(notices.map(({ kind }) => kind)).toContain('device_login_replayed')
    expect(notices.find(({ kind }) => kind === 'device_login_replayed')?.detail.ip).toBe('203.0.113.9')
  })
})
