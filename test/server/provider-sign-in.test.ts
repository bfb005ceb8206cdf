import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import {
  type IdentityProvider,
  Jar,
  signInAtProvider,
  startIdentityProvider,
  visit,
} from '../identity-provider.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate, signIn } from '../portal-request.ts'
import { member, type Person, person, tenant } from '../seed.ts'

async function setUp(more: Record<string, string> = {}) {
  const provider = await startIdentityProvider()
  const server = await startTestServer({ ...provider.env, ...more })
  provider.serve(server)
  return {
    provider,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
    },
  }
}

/** Where our server sends a browser that pressed the button. */
async function begin(server: TestServer, jar: Jar, query = ''): Promise<string> {
  const answer = await visit(jar, `${server.url}/auth/oidc/start${query}`)
  expect(answer.status).toBe(303)
  return answer.headers.get('location') ?? ''
}

const here = (server: TestServer, back: string): string => {
  const { pathname, search } = new URL(back)
  return `${server.url}${pathname}${search}`
}

/** The whole trip of one browser; `landed` is where it ends. */
async function trip(server: TestServer, subject: string, { jar = new Jar(), query = '' } = {}) {
  const back = await signInAtProvider(jar, await begin(server, jar, query), subject)
  const answer = await visit(jar, here(server, back))
  return { jar, back, answer, landed: answer.headers.get('location') ?? '' }
}

const whoIn = (server: TestServer, jar: Jar) => me(server, jar.header(server.url))

async function verify(server: TestServer, who: Person): Promise<void> {
  await server.ctx.db
    .updateTable('accounts')
    .set({ email_verified_at: server.ctx.now().toISOString() })
    .where('id', '=', who.caller.account_id)
    .execute()
}

const identities = (server: TestServer) => server.ctx.db.selectFrom('identities').selectAll().execute()

function vouch(provider: IdentityProvider, subject: string, email: string, email_verified = true): void {
  provider.people.set(subject, { email, email_verified, name: 'Robin Vale' })
}

describe('the way to the provider', () => {
  test('(27, 33) asks with PKCE, state and nonce, and for an answer below PUBLIC_URL', async () => {
    await using at = await setUp({ PUBLIC_URL: 'https://robots.example' })
    const answer = await at.server.fetch('/auth/oidc/start')
    const url = new URL(answer.headers.get('location') ?? '')
    expect(url.origin).toBe(at.provider.issuer)
    const asked = Object.fromEntries(url.searchParams)
    expect(asked).toMatchObject({
      response_type: 'code',
      client_id: 'robotrace',
      redirect_uri: 'https://robots.example/auth/oidc/callback',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
    })
    for (const name of ['state', 'nonce', 'code_challenge']) expect(asked[name]).toMatch(/^[\w-]{43}$/)
    const [cookie = ''] = answer.headers.getSetCookie()
    expect(cookie).toMatch(
      /^__Host-robotrace_provider=[\w-]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
    )
    for (const name of ['state', 'nonce']) expect(cookie).not.toContain(asked[name])
    expect(answer.headers.get('cache-control')).toBe('no-store')
  })

  test('is not there without a provider, and leads back with a word when it does not answer', async () => {
    await using none = await startTestServer()
    expect((await none.fetch('/auth/oidc/start')).status).toBe(404)
    expect((await none.fetch('/auth/oidc/callback?code=x&state=y')).status).toBe(404)
    expect(await portalClient(none).provider.status.query()).toBeNull()
    await using at = await setUp()
    await at.provider[Symbol.asyncDispose]()
    const answer = await at.server.fetch('/auth/oidc/start?next=/portal/api-keys')
    expect(answer.headers.get('location')).toBe('/login?provider=unreachable&next=%2Fportal%2Fapi-keys')
  })
})

describe('(50) whom the provider vouches for', () => {
  test('is signed in when the address was verified here, and linked for good', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const casey = await person(server)
    await verify(server, casey)
    vouch(provider, 'sub-casey', casey.email.toUpperCase())
    const { jar, landed, answer } = await trip(server, 'sub-casey', { query: '?next=/portal/api-keys' })
    expect(landed).toBe('/login?next=%2Fportal%2Fapi-keys')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(await whoIn(server, jar)).toMatchObject({ account: { email: casey.email } })
    expect(await identities(server)).toMatchObject([
      { issuer: provider.issuer, subject: 'sub-casey', account_id: casey.caller.account_id },
    ])
    // From now on the subject counts, whatever address the provider tells.
    provider.people.set('sub-casey', { email: 'married@lab.example', email_verified: false })
    expect(await whoIn(server, (await trip(server, 'sub-casey')).jar)).toMatchObject({
      account: { email: casey.email },
    })
  })

  test.each([
    ['false', { email_verified: false }],
    ['missing', {}],
    ['the text "true"', { email_verified: 'true' }],
  ])('is refused while the provider’s email_verified is %s', async (_name, claims) => {
    await using at = await setUp()
    const { server, provider } = at
    const casey = await person(server)
    await verify(server, casey)
    provider.people.set('sub-casey', { email: casey.email, ...claims })
    const { jar, landed } = await trip(server, 'sub-casey')
    expect(landed).toBe('/login?provider=not_verified')
    expect(await whoIn(server, jar)).toBeNull()
    expect(await identities(server)).toEqual([])
  })

  test('is never let into an account whose address nobody verified (pre-hijacking)', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const planted = await person(server)
    vouch(provider, 'sub-victim', planted.email)
    const { jar, landed } = await trip(server, 'sub-victim')
    expect(landed).toBe('/login?provider=link_first')
    expect(await whoIn(server, jar)).toBeNull()
    expect(await identities(server)).toEqual([])
    const failed = server.ctx.db.selectFrom('audit_events').selectAll().where('action', '=', 'sign_in.failed')
    expect(await failed.executeTakeFirst()).toMatchObject({
      outcome: 'failure',
      target: planted.caller.account_id,
      detail: '{"with":"provider","because":"link_first"}',
    })
  })

  test('is not let in by an address that somebody else at the provider had before', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const casey = await person(server)
    await verify(server, casey)
    vouch(provider, 'sub-casey', casey.email)
    await trip(server, 'sub-casey')
    vouch(provider, 'sub-successor', casey.email)
    const { jar, landed } = await trip(server, 'sub-successor')
    expect(landed).toBe('/login?provider=link_first')
    expect(await whoIn(server, jar)).toBeNull()
  })

  test('without an account and an invitation is refused, and no account is made', async () => {
    await using at = await setUp()
    const { server, provider } = at
    await tenant(server)
    vouch(provider, 'sub-stranger', 'stranger@lab.example')
    const { jar, landed } = await trip(server, 'sub-stranger')
    expect(landed).toBe('/login?provider=not_invited')
    expect(await whoIn(server, jar)).toBeNull()
    expect(await server.ctx.db.selectFrom('accounts').selectAll().execute()).toHaveLength(1)
  })

  test('joins by an open invitation: a verified account without a password', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const { organization_id, owner } = await tenant(server)
    await portalClient(server, owner).invitations.make.mutate({
      organization_id,
      email: 'new@lab.example',
      role: 'admin',
    })
    vouch(provider, 'sub-new', 'New@lab.example')
    const { jar } = await trip(server, 'sub-new')
    expect(await whoIn(server, jar)).toMatchObject({
      account: { email: 'new@lab.example', name: 'Robin Vale', staff: false },
      organizations: [{ id: organization_id, role: 'admin' }],
    })
    const row = server.ctx.db.selectFrom('accounts').selectAll().where('email', '=', 'new@lab.example')
    expect(await row.executeTakeFirst()).toMatchObject({
      password_hash: null,
      email_verified_at: expect.stringMatching(/^\d{4}-/),
    })
    for (const guess of ['', 'null', 'correct horse battery staple']) {
      expect((await signIn(server, 'new@lab.example', guess)).status).toBe(401)
    }
    expect(await portalClient(server, owner).invitations.list.query({ organization_id })).toEqual([])
  })

  test('does not join when the inviter may not invite any more', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const email = 'new@lab.example'
    await portalClient(server, admin).invitations.make.mutate({ organization_id, email, role: 'admin' })
    const about = { organization_id, account_id: admin.caller.account_id }
    await portalClient(server, owner).members.changeRole.mutate({ ...about, role: 'member' })
    vouch(provider, 'sub-new', email)
    expect((await trip(server, 'sub-new')).landed).toBe('/login?provider=not_invited')
  })

  test('is refused while the account is disabled', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const casey = await person(server)
    await verify(server, casey)
    vouch(provider, 'sub-casey', casey.email)
    await trip(server, 'sub-casey')
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', casey.caller.account_id)
      .execute()
    expect((await trip(server, 'sub-casey')).landed).toBe('/login?provider=locked')
  })
})

describe('the way back', () => {
  async function ready() {
    const at = await setUp()
    const casey = await person(at.server)
    await verify(at.server, casey)
    vouch(at.provider, 'sub-casey', casey.email)
    return { ...at, casey }
  }

  test('works once: the same address again, even with the same cookie, signs nobody in', async () => {
    await using at = await ready()
    const { server } = at
    const jar = new Jar()
    const url = await begin(server, jar)
    const kept = jar.header(server.url)
    const back = here(server, await signInAtProvider(jar, url, 'sub-casey'))
    expect((await visit(jar, back)).headers.getSetCookie().join()).toContain('robotrace_session=')
    const replays = [
      await visit(jar, back),
      await visit(new Jar(), back),
      await fetch(back, { redirect: 'manual', headers: { Cookie: kept } }),
    ]
    for (const replay of replays) {
      expect(replay.headers.get('location')).toBe('/login?provider=failed')
      expect(replay.headers.getSetCookie().join()).not.toContain('robotrace_session=')
    }
    expect(await identities(server)).toHaveLength(1)
  })

  test('(28) with another state, somebody else’s cookie or too late signs nobody in', async () => {
    await using at = await ready()
    const { server } = at
    const [mine, theirs] = [new Jar(), new Jar()]
    const back = here(server, await signInAtProvider(mine, await begin(server, mine), 'sub-casey'))
    await begin(server, theirs)
    const wrong = new URL(back)
    wrong.searchParams.set('state', 'x'.repeat(43))
    // Login CSRF: an attacker's answer in the victim's browser, whose own sign-in is under way.
    for (const [jar, url] of [
      [theirs, back],
      [mine, wrong.href],
    ] as const) {
      expect((await visit(jar, url)).headers.get('location')).toBe('/login?provider=failed')
      expect(await whoIn(server, jar)).toBeNull()
    }
    const late = new Jar()
    const lateBack = here(server, await signInAtProvider(late, await begin(server, late), 'sub-casey'))
    server.clock.advance('11m')
    expect((await visit(late, lateBack)).headers.get('location')).toBe('/login?provider=failed')
  })

  test.each<[string, Record<string, unknown>]>([
    ['of another audience', { aud: 'somebody-else' }],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['with another nonce', { nonce: 'another' }],
    ['that has expired', { exp: 1_000_000_000 }],
  ])('with an ID token %s signs nobody in', async (_name, change) => {
    await using at = await ready()
    const { server, provider } = at
    provider.forge(change)
    const { jar, landed } = await trip(server, 'sub-casey')
    expect(landed).toBe('/login?provider=failed')
    expect(await whoIn(server, jar)).toBeNull()
    provider.forge({})
    expect(await whoIn(server, (await trip(server, 'sub-casey')).jar)).not.toBeNull()
  })

  test('says that the person cancelled, and keeps no code or token in the log', async () => {
    await using at = await ready()
    const { server } = at
    const jar = new Jar()
    const state = new URL(await begin(server, jar)).searchParams.get('state')
    const iss = encodeURIComponent(at.provider.issuer)
    const denied = `${server.url}/auth/oidc/callback?error=access_denied&state=${state}&iss=${iss}`
    expect((await visit(jar, denied)).headers.get('location')).toBe('/login?provider=cancelled')
    const { back, jar: other } = await trip(server, 'sub-casey')
    const code = new URL(back).searchParams.get('code') ?? ''
    await visit(other, here(server, back))
    expect(code).not.toBe('')
    expect(server.log()).not.toContain(code)
  })

  test('(30) gives a new session and ends the one this browser had', async () => {
    await using at = await ready()
    const { server } = at
    const before = await person(server)
    const jar = new Jar()
    const [name = '', value = ''] = before.cookie.split('=')
    jar.set(server.url, name, value)
    await trip(server, 'sub-casey', { jar })
    expect(await whoIn(server, jar)).toMatchObject({ account: { email: at.casey.email } })
    expect(await me(server, before.cookie)).toBeNull()
  })
})

describe('linking in the settings', () => {
  /** Signed in with the password, sent to the provider, and back. */
  async function link(server: TestServer, who: Person, subject: string, jar = new Jar()) {
    const [name = '', value = ''] = who.cookie.split('=')
    jar.set(server.url, name, value)
    const asked = await mutate(server, 'provider.link', {}, { Cookie: jar.header(server.url) })
    jar.take(server.url, asked)
    const url: string = JSON.parse(await asked.text()).result.data.url
    const back = here(server, await signInAtProvider(jar, url, subject))
    return (await visit(jar, back)).headers.get('location')
  }

  test('(74) lets the provider sign in to an account that its address alone would not open, and is audited', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const casey = await person(server)
    vouch(provider, 'sub-casey', casey.email)
    expect(await link(server, casey, 'sub-casey')).toBe('/portal/settings?provider=linked')
    expect(await whoIn(server, (await trip(server, 'sub-casey')).jar)).toMatchObject({
      account: { email: casey.email },
    })
    const row = server.ctx.db.selectFrom('accounts').select('email_verified_at')
    expect((await row.executeTakeFirst())?.email_verified_at).toMatch(/^\d{4}-/)
    const portal = portalClient(server, casey)
    const [linked] = await portal.provider.identities.query()
    await portal.provider.unlink.mutate({ issuer: linked?.issuer ?? '', subject: linked?.subject ?? '' })
    expect(await identities(server)).toEqual([])
    const told = await server.ctx.db
      .selectFrom('audit_events')
      .select(['action', 'actor_id', 'target'])
      .where('action', 'like', 'identity.%')
      .orderBy('seq')
      .execute()
    const { account_id } = casey.caller
    expect(told).toEqual([
      { action: 'identity.linked', actor_id: account_id, target: account_id },
      { action: 'identity.unlinked', actor_id: account_id, target: account_id },
    ])
  })

  test('never moves a linked account to somebody else, nor links to whoever signed in meanwhile', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const [casey, robin] = [await person(server), await person(server)]
    vouch(provider, 'sub-casey', casey.email)
    await link(server, casey, 'sub-casey')
    expect(await link(server, robin, 'sub-casey')).toBe('/portal/settings?provider=linked_elsewhere')
    expect(await identities(server)).toMatchObject([{ account_id: casey.caller.account_id }])
    const jar = new Jar()
    const [name = '', value = ''] = robin.cookie.split('=')
    jar.set(server.url, name, value)
    const asked = await mutate(server, 'provider.link', {}, { Cookie: jar.header(server.url) })
    jar.take(server.url, asked)
    const url: string = JSON.parse(await asked.text()).result.data.url
    const back = here(server, await signInAtProvider(jar, url, 'sub-robin'))
    jar.take(server.url, await signIn(server, casey.email))
    expect((await visit(jar, back)).headers.get('location')).toBe('/portal/settings?provider=failed')
    expect(await identities(server)).toHaveLength(1)
  })

  test('needs a fresh proof of being there, and keeps the last way in', async () => {
    await using at = await setUp()
    const { server, provider } = at
    const { organization_id, owner } = await tenant(server)
    const email = 'new@lab.example'
    await portalClient(server, owner).invitations.make.mutate({ organization_id, email, role: 'member' })
    vouch(provider, 'sub-new', email)
    const { jar } = await trip(server, 'sub-new')
    const portal = portalClient(server, { cookie: jar.header(server.url) })
    const [linked] = await portal.provider.identities.query()
    const only = { issuer: linked?.issuer ?? '', subject: linked?.subject ?? '' }
    await expect(portal.provider.unlink.mutate(only)).rejects.toMatchObject({
      data: { problem: { code: 'conflict', detail: expect.stringContaining('Set a password') } },
    })
    expect(await identities(server)).toHaveLength(1)
    server.clock.advance('3h')
    await expect(portal.provider.link.mutate()).rejects.toMatchObject({
      data: { problem: { code: 'step_up_required' } },
    })
    expect(cookiesOf(await signIn(server, email, ''))).toBe('')
  })
})
