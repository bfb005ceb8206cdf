import { TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { approve, start } from '../device-login/login.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate } from '../portal-request.ts'
import { PASSWORD, type Person, person, tenant } from '../seed.ts'

const refused = (code: string) => ({ data: { problem: { code } } })

function confirm(server: TestServer, who: Person, proof: object): Promise<Response> {
  return mutate(server, 'auth.confirm', proof, { Cookie: who.cookie })
}

describe('two hours after the last proof', () => {
  test('minting, approving a terminal, second factors and signing out everywhere ask again', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { organization_id } = lab
    const { auth, apiKeys } = portalClient(server, lab.owner)
    server.clock.advance('2h')
    const login = await start(server)
    const calls = {
      'mint a key': () => apiKeys.mint.mutate({ organization_id, label: 'late' }),
      'approve a terminal': () => approve(server, lab, login),
      'sign out everywhere': () => auth.signOutEverywhere.mutate(),
      'begin an authenticator': () => auth.startTotp.mutate(),
      'turn it on': () => auth.confirmTotp.mutate({ code: '000000' }),
      'turn it off': () => auth.removeTotp.mutate(),
      'make recovery codes': () => auth.remakeRecoveryCodes.mutate(),
      'begin a passkey': () => auth.startPasskey.mutate(),
      'remove a passkey': () => auth.removePasskey.mutate({ id: 'x' }),
    }
    for (const [what, call] of Object.entries(calls))
      await expect(call(), what).rejects.toMatchObject(refused('step_up_required'))
    expect(await apiKeys.list.query({ organization_id })).toHaveLength(1)
  })

  test('(79) not a millisecond earlier', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const { created_at } = await server.ctx.db
      .selectFrom('sessions')
      .select('created_at')
      .executeTakeFirstOrThrow()
    const to = (ms: number) => server.clock.advance(`${Date.parse(created_at) + ms - Date.now()}ms`)
    const mint = () => portalClient(server, owner).apiKeys.mint.mutate({ organization_id, label: 'late' })
    to(2 * 3600_000 - 1000)
    await mint()
    to(2 * 3600_000)
    await expect(mint()).rejects.toMatchObject(refused('step_up_required'))
  })

  test('(30) the password lets everything go on, under a new session id; the old one is worth nothing', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    server.clock.advance('3h')
    const confirmed = await confirm(server, owner, { password: PASSWORD })
    expect(confirmed.status).toBe(200)
    const cookie = cookiesOf(confirmed)
    const mint = portalClient(server, { cookie }).apiKeys.mint.mutate({ organization_id, label: 'late' })
    expect((await mint).api_key.label).toBe('late')
    expect(await me(server, owner.cookie)).toBeNull()
    const sessions = await portalClient(server, { cookie }).auth.sessions.query()
    expect(sessions).toMatchObject([{ current: true, kind: 'browser' }])
  })

  test('wrong passwords are limited and audited, and confirm nothing', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    server.clock.advance('3h')
    const statuses = []
    for (let tries = 0; tries < 11; tries++)
      statuses.push((await confirm(server, owner, { password: 'wrong' })).status)
    expect(statuses).toEqual([...Array(10).fill(401), 429])
    await expect(portalClient(server, owner).auth.startTotp.mutate()).rejects.toMatchObject(
      refused('step_up_required'),
    )
    const told = await server.ctx.db
      .selectFrom('audit_events')
      .select(['action', 'actor_id'])
      .where('action', 'like', 'sign_in%')
      .execute()
    expect(told.map(({ action }) => action)).toEqual([...Array(10).fill('sign_in.failed'), 'sign_in.limited'])
    expect(new Set(told.map(({ actor_id }) => actor_id))).toEqual(new Set([owner.caller.account_id]))
  })

  test('an account with a second factor is asked for it as well', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { secret } = await portalClient(server, who).auth.startTotp.mutate()
    const show = () => new TOTP({ secret }).generate()
    const on = await mutate(server, 'auth.confirmTotp', { code: show() }, { Cookie: who.cookie })
    const owner = { ...who, cookie: cookiesOf(on) }
    server.clock.advance('3h')
    expect(await portalClient(server, owner).auth.askToConfirm.mutate()).toEqual({
      password: true,
      code: true,
      passkey: null,
    })
    const alone = await confirm(server, owner, { password: PASSWORD })
    expect(await alone.text()).toContain('second_factor_required')
    expect((await confirm(server, owner, { password: PASSWORD, code: '000000' })).status).toBe(401)
    expect((await confirm(server, owner, { password: PASSWORD, code: show() })).status).toBe(200)
  })

  test('a borrowed session of an account with a second factor does not change the password', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { secret } = await portalClient(server, who).auth.startTotp.mutate()
    const on = await mutate(
      server,
      'auth.confirmTotp',
      { code: new TOTP({ secret }).generate() },
      { Cookie: who.cookie },
    )
    server.clock.advance('3h')
    const change = { current_password: PASSWORD, new_password: 'a new long sentence' }
    const answer = await mutate(server, 'auth.changePassword', change, { Cookie: cookiesOf(on) })
    expect(await answer.text()).toContain('step_up_required')
  })
})

describe('the password that the device page asks for from another network', () => {
  test('is the proof, but not in place of a second factor', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const lab = await tenant(server)
    const portal = portalClient(server, lab.owner)
    const { secret } = await portal.auth.startTotp.mutate()
    server.clock.advance('3h')
    const decide = async (cookie: string) => {
      const { user_code } = await start(server, '203.0.113.9')
      const { deviceLogin } = portalClient(server, { cookie })
      await deviceLogin.claim.mutate({ user_code })
      const { organization_id } = lab
      return deviceLogin.approve.mutate({ user_code, organization_id, password: PASSWORD })
    }
    expect((await decide(lab.owner.cookie)).state).toBe('approved')
    const confirmed = await confirm(server, lab.owner, { password: PASSWORD })
    const on = await mutate(
      server,
      'auth.confirmTotp',
      { code: new TOTP({ secret }).generate() },
      { Cookie: cookiesOf(confirmed) },
    )
    const cookie = cookiesOf(on)
    expect((await decide(cookie)).state).toBe('approved')
    server.clock.advance('3h')
    await expect(decide(cookie)).rejects.toMatchObject(refused('step_up_required'))
  })
})

describe('sessions', () => {
  test('are signed out one by one, by their owner alone', async () => {
    await using server = await startTestServer()
    const [mine, other] = [await person(server), await person(server)]
    const login = await server.fetch('/api/v1/auth/login', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: mine.email, password: PASSWORD }),
    })
    expect(login.status).toBe(200)
    const { auth } = portalClient(server, mine)
    const sessions = await auth.sessions.query()
    expect(sessions.map(({ kind, current }) => [kind, current]).sort()).toEqual([
      ['browser', true],
      ['token', false],
    ])
    const id = sessions.find(({ kind }) => kind === 'token')?.id ?? ''
    await expect(portalClient(server, other).auth.endSession.mutate({ id })).rejects.toMatchObject(
      refused('not_found'),
    )
    await auth.endSession.mutate({ id })
    await expect(auth.endSession.mutate({ id })).rejects.toMatchObject(refused('not_found'))
    expect(await auth.sessions.query()).toHaveLength(1)
    const ended = await server.ctx.db
      .selectFrom('audit_events')
      .select(['actor_id', 'target'])
      .where('action', '=', 'session.ended')
      .execute()
    expect(ended).toEqual([{ actor_id: mine.caller.account_id, target: id }])
  })
})
