import { TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate, signIn } from '../portal-request.ts'
import { PASSWORD, type Person, person } from '../seed.ts'

/** What an authenticator app shows so many steps of 30 s from now. */
function show(secret: string, steps = 0): string {
  const totp = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 })
  return totp.generate({ timestamp: Date.now() + steps * 30_000 })
}

const confirmed = z.object({
  result: z.object({ data: z.object({ recovery_codes: z.array(z.string()) }) }),
})
const asked = z.object({
  result: z.object({
    data: z.object({ second_factor: z.object({ challenge: z.string(), methods: z.array(z.string()) }) }),
  }),
})
const refused = z.union([
  z.object({ error: z.object({ data: z.object({ problem: z.object({ code: z.string() }) }) }) }),
  z.object({ code: z.string() }),
])

interface Secured extends Person {
  secret: string
  recovery_codes: string[]
}

async function secured(server: TestServer): Promise<Secured> {
  const who = await person(server)
  const { secret } = await portalClient(server, who).auth.startTotp.mutate()
  const answer = await mutate(server, 'auth.confirmTotp', { code: show(secret) }, { Cookie: who.cookie })
  const { result } = confirmed.parse(await answer.json())
  return { ...who, secret, recovery_codes: result.data.recovery_codes, cookie: sessionOf(answer) }
}

function sessionOf(answer: Response): string {
  return cookiesOf(answer).split('; ')[0] ?? ''
}

/** The first step. @returns what the second one is asked for with */
async function first(server: TestServer, who: Person, cookie = '') {
  const answer = await signIn(server, who.email, PASSWORD, cookie)
  expect(answer.status).toBe(200)
  const { second_factor } = asked.parse(await answer.json()).result.data
  return { challenge: second_factor.challenge, second_factor, cookies: cookiesOf(answer) }
}

function second(server: TestServer, challenge: string, code: string, cookie = ''): Promise<Response> {
  return mutate(server, 'auth.finishSignIn', { challenge, proof: { code } }, cookie ? { Cookie: cookie } : {})
}

function logIn(server: TestServer, email: string, code?: string): Promise<Response> {
  return server.fetch('/api/v1/auth/login', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ email, password: PASSWORD, code }),
  })
}

async function codeOf(answer: Response): Promise<string> {
  const body = refused.parse(await answer.json())
  return 'error' in body ? body.error.data.problem.code : body.code
}

async function events(server: TestServer) {
  return server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'outcome', 'actor_id', 'target', 'detail'])
    .orderBy('seq')
    .execute()
}

describe('an authenticator', () => {
  test('asks for nothing until a first code has shown that the app has it', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { secret, uri } = await portalClient(server, who).auth.startTotp.mutate()
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(uri).toMatch(/^otpauth:\/\/totp\/RoboTrace:.*secret=/)
    expect(cookiesOf(await signIn(server, who.email))).toContain('robotrace_session=')
    const wrong = await mutate(server, 'auth.confirmTotp', { code: '000000' }, { Cookie: who.cookie })
    expect(await codeOf(wrong)).toBe('invalid_request')
  })

  test('(30) turned on, this session gets another id, and the one before is worth nothing', async () => {
    await using server = await startTestServer()
    const who = await person(server)
    const { secret } = await portalClient(server, who).auth.startTotp.mutate()
    const on = await mutate(server, 'auth.confirmTotp', { code: show(secret) }, { Cookie: who.cookie })
    expect(await me(server, who.cookie)).toBeNull()
    expect(await me(server, cookiesOf(on))).toMatchObject({ account: { email: who.email } })
  })

  test('(4) the handle of the second step is kept as a hash', async () => {
    await using server = await startTestServer()
    const { challenge } = await first(server, await secured(server))
    expect(Buffer.from(challenge, 'base64url').length).toBeGreaterThanOrEqual(16)
    const rows = await server.ctx.db.selectFrom('challenges').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain(challenge)
  })

  test('(7) is kept encrypted, and opens for its own account alone', async () => {
    await using server = await startTestServer()
    const [one, other] = [await secured(server), await secured(server)]
    const rows = await server.ctx.db.selectFrom('accounts').select(['id', 'totp_sealed']).execute()
    expect(JSON.stringify(rows)).not.toContain(one.secret)
    const sealed = rows.find(({ id }) => id === one.caller.account_id)?.totp_sealed ?? ''
    expect(server.ctx.signing.unseal(sealed, one.caller.account_id)).toBe(one.secret)
    expect(() => server.ctx.signing.unseal(sealed, other.caller.account_id)).toThrow('does not open')
  })

  test('the right password gives no session until the second step is done', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    const { challenge, cookies, second_factor } = await first(server, who)
    expect(cookies).toBe('')
    expect(second_factor.methods).toEqual(['totp', 'recovery'])
    const before = await server.ctx.db.selectFrom('sessions').select('id').execute()
    server.clock.advance('30s')
    expect(await codeOf(await second(server, challenge, '000000'))).toBe('wrong_code')
    const done = await second(server, challenge, show(who.secret))
    expect(await me(server, cookiesOf(done))).toMatchObject({ account: { email: who.email } })
    const after = await server.ctx.db.selectFrom('sessions').select('id').execute()
    expect(after).toHaveLength(before.length + 1)
    expect((await second(server, challenge, show(who.secret, 1))).status).toBe(404)
  })

  test('a code works once, and none that is older than the last one', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    server.clock.advance('60s')
    const code = show(who.secret)
    const earlier = show(who.secret, -1)
    const answers = await Promise.all([logIn(server, who.email, code), logIn(server, who.email, code)])
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401])
    expect(await codeOf(await logIn(server, who.email, earlier))).toBe('wrong_code')
    expect((await logIn(server, who.email, show(who.secret, 1))).status).toBe(200)
  })

  test('(79) takes the code of the step before and after, none further away', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    const statuses = []
    for (const steps of [-2, -1, 2, 1]) {
      server.clock.advance('5m')
      statuses.push((await logIn(server, who.email, show(who.secret, steps))).status)
    }
    expect(statuses).toEqual([401, 200, 401, 200])
  })

  test('the second step is over after five minutes', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    const { challenge } = await first(server, who)
    server.clock.advance('299s')
    expect((await second(server, challenge, '000000')).status).toBe(401)
    server.clock.advance('1s')
    expect((await second(server, challenge, show(who.secret))).status).toBe(404)
  })

  test('(19) wrong codes are limited; the owner goes on in a browser that was known before', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    server.clock.advance('1m')
    const { challenge } = await first(server, who)
    const own = cookiesOf(await second(server, challenge, show(who.secret)))
    const statuses = []
    for (let tries = 0; tries < 12; tries++) {
      const next = await first(server, who)
      statuses.push((await second(server, next.challenge, '000000')).status)
    }
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429])
    server.clock.advance('1m')
    const strange = await first(server, who)
    const refused = await second(server, strange.challenge, show(who.secret))
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    const home = await first(server, who, own)
    expect((await second(server, home.challenge, show(who.secret), own)).status).toBe(200)
    const limited = (await events(server)).filter(({ action }) => action === 'sign_in.limited')
    expect(limited).toHaveLength(1)
  })

  test('REST asks for the code by name', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    server.clock.advance('1m')
    const missing = await logIn(server, who.email)
    expect([missing.status, await codeOf(missing)]).toEqual([401, 'second_factor_required'])
    expect((await logIn(server, who.email, show(who.secret))).status).toBe(200)
  })

  test('an account that was disabled between the steps gets no session', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    server.clock.advance('1m')
    const { challenge } = await first(server, who)
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', who.caller.account_id)
      .execute()
    expect((await second(server, challenge, show(who.secret))).status).toBe(401)
  })

  test('turned off takes the recovery codes along, and the password alone signs in again', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    await portalClient(server, who).auth.removeTotp.mutate()
    expect(await server.ctx.db.selectFrom('recovery_codes').selectAll().execute()).toEqual([])
    expect(cookiesOf(await signIn(server, who.email))).toContain('robotrace_session=')
    const rows = await server.ctx.db.selectFrom('accounts').select('totp_sealed').execute()
    expect(rows).toEqual([{ totp_sealed: null }])
  })
})

describe('recovery codes', () => {
  test('come ten at a time, work once each, however they are typed, and are kept as keyed hashes', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    expect(new Set(who.recovery_codes).size).toBe(10)
    const [code = '', other = ''] = who.recovery_codes
    const stored = JSON.stringify(await server.ctx.db.selectFrom('recovery_codes').selectAll().execute())
    for (const one of who.recovery_codes) expect(stored).not.toContain(one.replace('-', ''))
    const { challenge } = await first(server, who)
    expect((await second(server, challenge, ` ${code.toUpperCase().replace('-', ' ')} `)).status).toBe(200)
    expect((await logIn(server, who.email, code)).status).toBe(401)
    const both = await Promise.all([logIn(server, who.email, other), logIn(server, who.email, other)])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
    // The cookie of the set-up was kept by this browser; two codes are gone.
    expect((await portalClient(server, who).auth.factors.query()).recovery_codes_left).toBe(8)
  })

  test('(74) made again, those before are worth nothing, and it is audited', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    const fresh = await portalClient(server, who).auth.remakeRecoveryCodes.mutate()
    expect((await logIn(server, who.email, who.recovery_codes[0])).status).toBe(401)
    expect((await logIn(server, who.email, fresh.recovery_codes[0])).status).toBe(200)
    const { account_id } = who.caller
    const made = (await events(server)).filter(({ action }) => action === 'recovery_codes.made')
    expect(made).toMatchObject([{ outcome: 'success', actor_id: account_id, target: account_id }])
  })

  test('of one account open no other', async () => {
    await using server = await startTestServer()
    const [one, other] = [await secured(server), await secured(server)]
    expect((await logIn(server, other.email, one.recovery_codes[0])).status).toBe(401)
  })
})

describe('a second factor is audited', () => {
  test('(74) on, off, its use and every wrong code, without the code', async () => {
    await using server = await startTestServer()
    const who = await secured(server)
    server.clock.advance('1m')
    const wrong = '13579-wrong'
    await logIn(server, who.email, wrong)
    const { challenge } = await first(server, who)
    await second(server, challenge, show(who.secret))
    await portalClient(server, who).auth.removeTotp.mutate()
    const told = (await events(server)).map(({ action, outcome, detail }) => ({
      action,
      outcome,
      ...JSON.parse(detail),
    }))
    expect(told).toMatchObject([
      { action: 'second_factor.added', outcome: 'success', kind: 'totp' },
      { action: 'sign_in.failed', outcome: 'failure', with: 'code' },
      { action: 'session.started', with: 'password and totp' },
      { action: 'second_factor.removed', kind: 'totp' },
    ])
    expect(JSON.stringify(told)).not.toContain(wrong)
    expect(server.log()).not.toContain(who.secret)
  })
})

describe('a passkey', () => {
  test('is impossible on an IP address and on plain http, and the refusal says what to set', async () => {
    const places = ['https://192.0.2.7', 'https://[2001:db8::1]', 'http://robots.example']
    for (const PUBLIC_URL of places) {
      await using server = await startTestServer({ PUBLIC_URL, ROBOTRACE_INSECURE_HTTP: '1' })
      const who = await person(server)
      const cookie = who.cookie.replace(
        'robotrace_',
        PUBLIC_URL.startsWith('https') ? '__Host-robotrace_' : 'robotrace_',
      )
      const answer = await mutate(server, 'auth.startPasskey', undefined, { Cookie: cookie })
      expect(answer.status).toBe(409)
      expect(await answer.text()).toContain('Set PUBLIC_URL')
      expect(await portalClient(server).auth.askPasskey.mutate()).toBeNull()
    }
  })

  test('that nobody registered signs nobody in, and asking is limited', async () => {
    await using server = await startTestServer()
    const ask = () => portalClient(server).auth.askPasskey.mutate()
    const question = await ask()
    const passkey = {
      ...{ id: 'AAAA', rawId: 'AAAA', type: 'public-key', clientExtensionResults: {} },
      response: { clientDataJSON: 'e30', authenticatorData: 'AAAA', signature: 'AAAA' },
    }
    const proof = { challenge: question?.challenge, passkey }
    const answer = await mutate(server, 'auth.signInWithPasskey', proof)
    expect(await codeOf(answer)).toBe('wrong_code')
    expect((await mutate(server, 'auth.signInWithPasskey', proof)).status).toBe(404)
    await Promise.all(Array.from({ length: 99 }, ask))
    await expect(ask()).rejects.toMatchObject({ data: { problem: { code: 'rate_limited' } } })
  })
})
