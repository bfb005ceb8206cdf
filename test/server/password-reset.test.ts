import { TOTP } from 'otpauth'
import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { accessToken, apiToken } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate, signIn } from '../portal-request.ts'
import { bearer, member, PASSWORD, type Person, person, tenant } from '../seed.ts'
import { headersOf, type MailServer, readable, startMailServer } from '../smtp-server.ts'

const NEW = 'seven quiet grippers hum'
const FROM = 'RoboTrace <robots@trace.example>'

const withMail = (mail: { url: string }, more: Record<string, string> = {}) =>
  startTestServer({ ROBOTRACE_SMTP_URL: mail.url, ROBOTRACE_MAIL_FROM: FROM, ...more })

/** The token of the link in the last mail. */
function tokenIn({ mails }: MailServer): string {
  const raw = readable(mails.at(-1)?.raw ?? '')
  return /\/reset-password\?token=([\w-]{43})/.exec(raw)?.[1] ?? ''
}

async function ask(server: TestServer, email: string, headers: Record<string, string> = {}) {
  const answer = await mutate(server, 'auth.askReset', { email }, headers)
  const text = await answer.text()
  await server.ctx.background.drain()
  return { status: answer.status, headers: [...answer.headers.keys()].sort(), text }
}

function reset(server: TestServer, token: string, password = NEW): Promise<Response> {
  return mutate(server, 'auth.resetPassword', { token, password })
}

async function signsIn(server: TestServer, { email }: Person, password: string): Promise<boolean> {
  return (await signIn(server, email, password)).status === 200
}

describe('asking for a link', () => {
  test('(18) answers the same for a known, an unknown and a locked address; only the known one gets a mail', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const known = await person(server)
    const locked = await person(server)
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', locked.caller.account_id)
      .execute()
    const answers = [
      await ask(server, 'nobody@lab.example'),
      await ask(server, locked.email),
      await ask(server, ` ${known.email.toUpperCase()} `),
    ]
    expect(answers[0]).toMatchObject({ status: 200, text: expect.stringContaining('"asked":true') })
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(mail.mails.map(({ to }) => to)).toEqual([[known.email]])
  })

  test('(18) takes the same time for both: whatever is done for the known one is done behind the answer', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail, { ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const times = { known: [] as number[], unknown: [] as number[] }
    const people = [await person(server), await person(server), await person(server)]
    for (let n = 0; n < 100; n++) {
      const known = people[n % people.length]?.email ?? ''
      for (const [kind, address] of [
        ['known', known],
        ['unknown', `nobody-${n}@lab.example`],
      ] as const) {
        const start = performance.now()
        const from = { 'X-Forwarded-For': `198.51.${kind === 'known' ? 1 : 2}.${n}` }
        await (await mutate(server, 'auth.askReset', { email: address }, from)).text()
        times[kind].push(performance.now() - start)
      }
    }
    await server.ctx.background.drain()
    expect(mail.mails.length).toBe(people.length)
    const ratio = median(times.known) / median(times.unknown)
    expect(ratio).toBeGreaterThan(0.6)
    expect(ratio).toBeLessThan(1.6)
  })

  test('(33) mails a link below PUBLIC_URL, whatever host the request names', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { email } = await person(server, { name: 'Ada <b>Okafor</b>' })
    const forged = await mutate(server, 'auth.askReset', { email }, { 'X-Forwarded-Host': 'evil.example' })
    expect(forged.status).toBe(200)
    await server.ctx.background.drain()
    const raw = mail.mails[0]?.raw ?? ''
    expect(headersOf(raw).get('subject')).toBe('Reset your RoboTrace password')
    expect(headersOf(raw).get('from')).toBe(FROM)
    const links = new Set(readable(raw).match(/https?:\/\/[^\s"<]+/g))
    expect([...links]).toEqual([
      expect.stringMatching(
        new RegExp(`^${server.ctx.config.public_url}/reset-password\\?token=[\\w-]{43}$`),
      ),
    ])
    expect(readable(raw)).not.toContain('evil.example')
    expect(readable(raw)).not.toContain('<b>')
  })

  test('(19) sends a mailbox one mail in ten minutes and five a day, and takes twenty questions of a network', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { email } = await person(server)
    for (let n = 0; n < 3; n++) await ask(server, email)
    expect(mail.mails).toHaveLength(1)
    for (let n = 0; n < 6; n++) {
      server.clock.advance('11m')
      await ask(server, email)
    }
    expect(mail.mails).toHaveLength(5)
    server.clock.advance('25h')
    await ask(server, email)
    expect(mail.mails).toHaveLength(6)
    const many = await Promise.all(
      Array.from({ length: 25 }, (_, n) => mutate(server, 'auth.askReset', { email: `x${n}@lab.example` })),
    )
    const limited = many.find(({ status }) => status === 429)
    expect(Number(limited?.headers.get('retry-after'))).toBeGreaterThan(0)
  })

  test('says where no mail is sent that an administrator can make a link', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    expect(await portalClient(server).auth.resetWays.query()).toEqual({ mail: false })
    const { status, text } = await ask(server, email)
    expect(status).toBe(409)
    expect(text).toContain('Ask one of its administrators')
  })

  test('sends nothing to an account that has no password: it signs in through the provider', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { email, caller } = await person(server)
    await server.ctx.db
      .updateTable('accounts')
      .set({ password_hash: null })
      .where('id', '=', caller.account_id)
      .execute()
    expect((await ask(server, email)).status).toBe(200)
    expect(mail.mails).toEqual([])
  })
})

function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0
}

describe('a reset link', () => {
  test('(30) sets the password once and signs every browser and program out; keys and tokens go on', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { owner, api_key } = await tenant(server)
    const program = await accessToken(server, owner)
    const token_of_api = await apiToken(server, owner)
    await ask(server, owner.email)
    const token = tokenIn(mail)
    const view = await portalClient(server).auth.viewReset.mutate({ token })
    expect(view).toMatchObject({ email: owner.email, name: 'Ada Okafor' })
    const done = await reset(server, token)
    expect(done.status).toBe(200)
    expect(await done.text()).toContain('"sessions_ended":2')
    // It signs nobody in.
    expect(done.headers.getSetCookie()).toEqual([])
    expect(await me(server, owner.cookie)).toBeNull()
    expect((await server.fetch('/api/whoami', { headers: bearer(program) })).status).toBe(401)
    for (const goesOn of [api_key, token_of_api]) {
      expect((await server.fetch('/api/whoami', { headers: bearer(goesOn) })).status).toBe(200)
    }
    expect([await signsIn(server, owner, PASSWORD), await signsIn(server, owner, NEW)]).toEqual([false, true])
    const again = await reset(server, token, 'another nine loud motors')
    expect([again.status, await signsIn(server, owner, NEW)]).toEqual([404, true])
  })

  test('is over after thirty minutes, and when another one of the account was used', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const who = await person(server)
    await ask(server, who.email)
    const first = tokenIn(mail)
    server.clock.advance('11m')
    await ask(server, who.email)
    const second = tokenIn(mail)
    expect(second).not.toBe(first)
    server.clock.advance('20m')
    expect((await reset(server, first)).status).toBe(404)
    expect((await reset(server, second)).status).toBe(200)
    server.clock.advance('11m')
    await ask(server, who.email)
    const third = tokenIn(mail)
    await ask(server, who.email)
    const both = await Promise.all([reset(server, third), reset(server, third, 'another nine loud motors')])
    expect(both.map(({ status }) => status).sort()).toEqual([200, 404])
    for (const wrong of ['', 'x', third]) expect((await reset(server, wrong)).status).toBe(404)
  })

  test('(4, 60) is kept as a hash only, and stands in no log', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const who = await person(server)
    await ask(server, who.email)
    const token = tokenIn(mail)
    await portalClient(server).auth.viewReset.mutate({ token })
    await reset(server, token)
    const rows = await server.ctx.db.selectFrom('password_resets').selectAll().execute()
    expect(rows).toHaveLength(1)
    expect(rows[0]?.token_hash).toMatch(/^[0-9a-f]{64}$/)
    const kept = JSON.stringify([
      rows,
      await server.ctx.db.selectFrom('audit_events').selectAll().execute(),
      await server.ctx.db.selectFrom('notices').selectAll().execute(),
    ])
    for (const text of [kept, server.log()]) {
      expect(text).not.toContain(token)
      expect(text).not.toContain(NEW)
    }
  })

  test('(5) takes no password that guessing would find, and stays good', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const who = await person(server)
    await ask(server, who.email)
    for (const weak of ['short', 'password1', 'adaokafor1']) {
      expect((await reset(server, tokenIn(mail), weak)).status, weak).toBe(400)
    }
    expect((await reset(server, tokenIn(mail))).status).toBe(200)
  })

  test('(30) ends a sign-in that got past the old password, and the second factor is asked for as before', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const who = await person(server)
    const { secret } = await portalClient(server, who).auth.startTotp.mutate()
    const code = (steps: number) => new TOTP({ secret }).generate({ timestamp: Date.now() + steps * 30_000 })
    await mutate(server, 'auth.confirmTotp', { code: code(0) }, { Cookie: who.cookie })
    const half = await signIn(server, who.email)
    const { result } = (await half.json()) as { result: { data: { second_factor: { challenge: string } } } }
    const { challenge } = result.data.second_factor
    await ask(server, who.email)
    expect((await reset(server, tokenIn(mail))).status).toBe(200)
    const finished = await mutate(server, 'auth.finishSignIn', { challenge, proof: { code: code(1) } })
    expect(finished.status).toBe(404)
    const next = await signIn(server, who.email, NEW)
    expect(await next.text()).toContain('second_factor')
    expect(cookiesOf(next)).not.toContain('robotrace_session=')
  })

  test('is told to its account and to the audit trail, and proves the mailbox', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const who = await person(server)
    await ask(server, who.email)
    await reset(server, tokenIn(mail))
    const { id, email_verified_at } = await server.ctx.db
      .selectFrom('accounts')
      .select(['id', 'email_verified_at'])
      .executeTakeFirstOrThrow()
    expect(email_verified_at).not.toBeNull()
    const signed = await signIn(server, who.email, NEW)
    const notices = await portalClient(server, { cookie: cookiesOf(signed) }).notices.list.query()
    expect(notices).toMatchObject([{ kind: 'password_reset', detail: { ip: '127.0.0.1' } }])
    const events = await server.ctx.db
      .selectFrom('audit_events')
      .select(['action', 'actor_kind', 'target'])
      .where('action', 'like', 'account.password_reset%')
      .orderBy('seq')
      .execute()
    expect(events).toEqual([
      { action: 'account.password_reset_asked', actor_kind: 'anonymous', target: id },
      { action: 'account.password_reset', actor_kind: 'anonymous', target: id },
    ])
  })
})

describe('a link made by staff', () => {
  test('works like the mailed one, is told to the person, and is for staff alone', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const who = await member(server, organization_id, 'member')
    const { account_id: id } = who.caller
    const staff = await person(server, { staff: true, name: 'Sam Staff' })
    for (const other of [owner, await member(server, organization_id, 'admin'), who]) {
      await expect(portalClient(server, other).auth.makeResetLink.mutate({ id })).rejects.toMatchObject({
        data: { problem: { code: 'forbidden', detail: 'Not enough permissions' } },
      })
    }
    const { link } = await portalClient(server, staff).auth.makeResetLink.mutate({ id })
    expect(await portalClient(server, who).notices.list.query()).toMatchObject([
      { kind: 'password_reset_link', detail: { by: 'Sam Staff' } },
    ])
    const token = new URL(link).searchParams.get('token') ?? ''
    expect((await reset(server, token)).status).toBe(200)
    expect(await signsIn(server, who, NEW)).toBe(true)
    const { email_verified_at } = await server.ctx.db
      .selectFrom('accounts')
      .select('email_verified_at')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    expect(email_verified_at).toBeNull()
    const event = await server.ctx.db
      .selectFrom('audit_events')
      .select(['actor_id', 'target'])
      .where('action', '=', 'account.password_reset_link_made')
      .executeTakeFirstOrThrow()
    expect(event).toEqual({ actor_id: staff.caller.account_id, target: id })
  })

  test('asks for a proof of the last two hours', async () => {
    await using server = await startTestServer()
    const staff = await person(server, { staff: true })
    const who = await person(server)
    server.clock.advance('3h')
    await expect(
      portalClient(server, staff).auth.makeResetLink.mutate({ id: who.caller.account_id }),
    ).rejects.toMatchObject({ data: { problem: { code: 'step_up_required' } } })
  })
})
