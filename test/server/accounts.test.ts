import { hash } from '@node-rs/argon2'
import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate, signIn } from '../portal-request.ts'
import { PASSWORD, person } from '../seed.ts'

describe('signing in', () => {
  test('(4) sets one HttpOnly cookie whose value the database does not hold', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const answer = await signIn(server, email.toUpperCase())
    expect(answer.status).toBe(200)
    const [session] = answer.headers.getSetCookie()
    expect(session).toMatch(/^robotrace_session=[\w-]{43}; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax$/)
    const value = session?.split(/[=;]/)[1] ?? ''
    const rows = await server.ctx.db.selectFrom('sessions').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(value)
    expect(await me(server, cookiesOf(answer))).toMatchObject({ account: { email } })
  })

  test('(27) behind https every cookie is bound to the host, and no other name is read', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    const { email, cookie } = await person(server)
    const answer = await signIn(server, email)
    const bound =
      /^__Host-robotrace_(session|device)=[\w-]+; Max-Age=\d+; Path=\/; HttpOnly; Secure; SameSite=Lax$/
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(bound),
      expect.stringMatching(bound),
    ])
    const signedIn = cookiesOf(answer)
    expect(await me(server, signedIn)).toMatchObject({ account: { email } })
    // A neighbour below the same domain could set a cookie without the prefix.
    expect(await me(server, cookie)).toBeNull()
    const out = await mutate(server, 'auth.signOut', undefined, {
      Cookie: signedIn,
      Origin: 'https://robots.example',
    })
    expect(out.headers.getSetCookie()).toEqual([
      '__Host-robotrace_session=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax',
    ])
  })

  test('(27) on loopback, where there is no https, the names are plain and everything else is the same', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const plain = /^robotrace_(session|device)=[\w-]+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Lax$/
    expect((await signIn(server, email)).headers.getSetCookie()).toEqual([
      expect.stringMatching(plain),
      expect.stringMatching(plain),
    ])
  })

  test('(18) an unknown e-mail and a wrong password get the same answer', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const answers = [
      await signIn(server, email, 'wrong password'),
      await signIn(server, 'nobody@lab.example'),
    ]
    expect(answers.map(({ status }) => status)).toEqual([401, 401])
    const [known, unknown] = (await Promise.all(answers.map((answer) => answer.text()))).map((text) =>
      text.replaceAll(/req_\w+/g, ''),
    )
    expect(known).toBe(unknown)
  })

  test('a disabled account cannot sign in, and its open session ends', async () => {
    await using server = await startTestServer()
    const { email, cookie, caller } = await person(server)
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', caller.account_id)
      .execute()
    expect((await signIn(server, email)).status).toBe(401)
    expect(await me(server, cookie)).toBeNull()
  })

  test('(30) a session cookie planted before the sign-in is not adopted', async () => {
    await using server = await startTestServer()
    const [victim, attacker] = [await person(server), await person(server)]
    const answer = await signIn(server, victim.email, PASSWORD, attacker.cookie)
    expect(cookiesOf(answer)).not.toContain(attacker.cookie)
    expect(await me(server, attacker.cookie)).toBeNull()
    const planted = await signIn(server, victim.email, PASSWORD, 'robotrace_session=chosen-by-somebody-else')
    expect(planted.headers.getSetCookie().join()).not.toContain('chosen-by-somebody-else')
  })

  test('(5) a hash made with older parameters is renewed by the sign-in', async () => {
    await using server = await startTestServer()
    const { email, caller } = await person(server)
    const weak = await hash(PASSWORD, { memoryCost: 8192, timeCost: 1, parallelism: 1 })
    await server.ctx.db
      .updateTable('accounts')
      .set({ password_hash: weak })
      .where('id', '=', caller.account_id)
      .execute()
    expect((await signIn(server, email)).status).toBe(200)
    const row = await server.ctx.db.selectFrom('accounts').select('password_hash').executeTakeFirstOrThrow()
    expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect((await signIn(server, email)).status).toBe(200)
  })

  test('(5) passwords of any length and script work whole: nothing is cut off', async () => {
    await using server = await startTestServer()
    const me = await person(server)
    for (const password of ['p'.repeat(64), `${'x'.repeat(199)}y`, 'пароль от робота 🤖 ok']) {
      const changed = await mutate(
        server,
        'auth.changePassword',
        { current_password: me.password, new_password: password },
        { Cookie: me.cookie },
      )
      expect(changed.status).toBe(200)
      me.cookie = cookiesOf(changed)
      me.password = password
      expect((await signIn(server, me.email, password)).status).toBe(200)
      expect((await signIn(server, me.email, password.slice(0, -1))).status).toBe(401)
    }
  })
})

describe('too many wrong passwords', () => {
  async function guess(server: TestServer, email: string, times: number): Promise<number[]> {
    const answers = await Promise.all(Array.from({ length: times }, () => signIn(server, email, 'wrong')))
    return answers.map(({ status }) => status)
  }

  test('(24) are answered 429 after ten for one account, even when they come at the same moment', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const statuses = await guess(server, email, 15)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    const refused = await signIn(server, email)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
    server.clock.advance('16m')
    expect((await signIn(server, email)).status).toBe(200)
  })

  test('(19) do not lock out the owner in a browser that has signed in before', async () => {
    await using server = await startTestServer()
    const { email } = await person(server)
    const known = cookiesOf(await signIn(server, email))
    await guess(server, email, 30)
    expect((await signIn(server, email)).status).toBe(429)
    expect((await signIn(server, email, PASSWORD, known)).status).toBe(200)
  })

  test("another account's remembered browser is no way around the budget", async () => {
    await using server = await startTestServer()
    const [target, attacker] = [await person(server), await person(server)]
    const cookie = cookiesOf(await signIn(server, attacker.email))
    await guess(server, target.email, 10)
    expect((await signIn(server, target.email, 'wrong', cookie)).status).toBe(429)
  })

  test('(19) from one network are answered 429 after fifty, whoever the accounts are', async () => {
    await using server = await startTestServer()
    for (let i = 0; i < 5; i++) await guess(server, `nobody-${i}@lab.example`, 10)
    expect((await signIn(server, 'someone-else@lab.example', 'wrong')).status).toBe(429)
  })
})

describe('signing out', () => {
  test('ends the session on the server, not only in the browser', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    const answer = await mutate(server, 'auth.signOut', undefined, { Cookie: cookie })
    expect(answer.headers.getSetCookie()[0]).toMatch(/^robotrace_session=; Max-Age=0;/)
    expect(await me(server, cookie)).toBeNull()
  })

  test('everywhere ends every session of the account and of nobody else', async () => {
    await using server = await startTestServer()
    const [mine, other] = [await person(server), await person(server)]
    const second = cookiesOf(await signIn(server, mine.email))
    expect(await portalClient(server, mine).auth.signOutEverywhere.mutate()).toEqual({ sessions_ended: 2 })
    expect([await me(server, mine.cookie), await me(server, second)]).toEqual([null, null])
    expect(await me(server, other.cookie)).not.toBeNull()
  })

  test('is not needed after thirty days', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    server.clock.advance('29d')
    expect(await me(server, cookie)).not.toBeNull()
    server.clock.advance('1d')
    expect(await me(server, cookie)).toBeNull()
  })
})

describe('changing the password', () => {
  test('(30) ends all other sessions, gives this one a new id and needs the current password', async () => {
    await using server = await startTestServer()
    const { email, cookie } = await person(server)
    const elsewhere = cookiesOf(await signIn(server, email))
    const change = (current_password: string) =>
      mutate(
        server,
        'auth.changePassword',
        { current_password, new_password: 'a new long password' },
        { Cookie: cookie },
      )
    expect((await change('wrong')).status).toBe(401)
    const changed = await change(PASSWORD)
    expect(changed.status).toBe(200)
    expect([await me(server, cookie), await me(server, elsewhere)]).toEqual([null, null])
    expect(await me(server, cookiesOf(changed))).toMatchObject({ account: { email } })
    expect((await signIn(server, email)).status).toBe(401)
    expect((await signIn(server, email, 'a new long password')).status).toBe(200)
  })

  test('lists sessions with the current one marked and nothing that could be used as a cookie', async () => {
    await using server = await startTestServer()
    const { email, cookie } = await person(server)
    await signIn(server, email)
    const sessions = await portalClient(server, { cookie }).auth.sessions.query()
    expect(sessions.filter(({ current }) => current)).toHaveLength(1)
    expect(sessions).toHaveLength(2)
    expect(JSON.stringify(sessions)).not.toContain(cookie.split('=')[1])
  })
})
