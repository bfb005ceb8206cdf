import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { countedDatabase } from '../database-counter.ts'
import { startTestServer } from '../harness.ts'
import { rawFetch as raw } from '../raw-request.ts'
import { PASSWORD, person } from '../seed.ts'

describe('(33) Host', () => {
  test.each(['evil.example', 'robots.example.evil.example', 'robots.example:8080'])(
    '%j is answered 421',
    async (host) => {
      await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
      for (const path of ['/healthz', '/portal', '/api/episodes', '/trpc/auth.me']) {
        const answer = await raw(server, path, { Host: host })
        expect(answer.status, path).toBe(421)
        expect(answer.text, path).not.toContain('evil.example/')
      }
    },
  )

  test("PUBLIC_URL's host and loopback are answered", async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    for (const host of ['robots.example', 'localhost:9', '127.0.0.1', '[::1]:3000']) {
      expect((await raw(server, '/healthz', { Host: host })).status, host).toBe(200)
    }
  })
})

describe('(28) an unsafe request that did not come from our own pages', () => {
  const json = { 'Content-Type': 'application/json' }
  const signIn = (email: string) => JSON.stringify({ email, password: PASSWORD })

  test.each<[string, Record<string, string>]>([
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a neighbour on the same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['another origin in an older browser', { Origin: 'https://evil.example' }],
    ['a page without an origin', { Origin: 'null' }],
    ['another page by its referrer', { Referer: 'https://evil.example/page' }],
  ])('from %s is refused, signing in included', async (_, headers) => {
    await using server = await startTestServer()
    const { email, cookie } = await person(server)
    const cookies: Record<string, string>[] = [{}, { Cookie: cookie }]
    for (const more of cookies) {
      const answer = await raw(
        server,
        '/trpc/auth.signIn',
        { ...json, ...headers, ...more },
        'POST',
        signIn(email),
      )
      expect(answer.status).toBe(403)
      expect(answer.headers['set-cookie']).toBeUndefined()
      const api = await raw(server, '/api/ingest/episode', { ...json, ...headers, ...more }, 'POST', '{}')
      expect(api.status).toBe(403)
    }
  })

  test('without any sign of a browser passes only without cookies', async () => {
    await using server = await startTestServer()
    const { email, cookie } = await person(server)
    const send = (headers: Record<string, string>) =>
      raw(server, '/trpc/auth.signIn', { ...json, ...headers }, 'POST', signIn(email))
    expect((await send({ Cookie: cookie })).status).toBe(403)
    expect((await send({})).status).toBe(200)
    expect((await send({ Cookie: cookie, Origin: server.url })).status).toBe(200)
  })

  test.each(['multipart/form-data; boundary=x', 'text/plain', 'application/x-www-form-urlencoded', ''])(
    'a tRPC mutation sent as %j, which any HTML form can do, does not run',
    async (type) => {
      await using server = await startTestServer()
      const { cookie } = await person(server)
      const answer = await raw(
        server,
        '/trpc/auth.signOutEverywhere',
        { ...(type ? { 'Content-Type': type } : {}), Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' },
        'POST',
        '{}',
      )
      expect(answer.status).toBe(415)
      expect(await server.ctx.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
    },
  )

  test('(29) a mutation is never run by GET', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    const answer = await raw(server, '/trpc/auth.signOutEverywhere', { Cookie: cookie })
    expect(answer.status).toBe(405)
    expect(await server.ctx.db.selectFrom('sessions').selectAll().execute()).toHaveLength(1)
  })
})

describe('every answer', () => {
  test('(31, 35, 38) carries a request id and headers that keep a page in its place', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    for (const path of ['/healthz', '/api/episodes', '/trpc/auth.me', '/nothing']) {
      const { headers } = await raw(server, path, {})
      expect(headers['x-request-id'], path).toMatch(/^req_[0-9a-z]{20}$/)
      expect(headers['content-security-policy'], path).toContain("default-src 'self'")
      expect(headers['content-security-policy'], path).toContain("frame-ancestors 'none'")
      expect(headers['content-security-policy'], path).not.toContain('unsafe')
      expect(headers, path).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
        'strict-transport-security': 'max-age=31536000; includeSubDomains',
      })
      expect(headers['x-powered-by'], path).toBeUndefined()
      expect(headers['access-control-allow-origin'], path).toBeUndefined()
    }
  })

  test('(35) tells browsers to stay with https only where it is https', async () => {
    await using server = await startTestServer()
    expect((await raw(server, '/portal', {})).headers['strict-transport-security']).toBeUndefined()
  })

  test('(35) a page brings no script, style or handler of its own: all of them are files of this server', async () => {
    await using server = await startTestServer()
    for (const path of ['/portal', '/cli/auth?code=XKDF-PQ4N', '/login', '/invitation', '/setup']) {
      const { text, headers } = await raw(server, path, {})
      expect(headers['content-security-policy'], path).toMatch(
        /default-src 'self'.*object-src 'none'.*base-uri 'none'/,
      )
      const scripts = text.match(/<script\b[^>]*>/g) ?? []
      expect(scripts.length, path).toBeGreaterThan(0)
      for (const script of scripts) expect(script, path).toMatch(/ src="\/[^/]/)
      expect(text, path).not.toMatch(/<style|\son\w+=|javascript:|https?:\/\//)
    }
  })

  test('(61) an unexpected error tells its request id and nothing else', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    await server.ctx.db.schema.dropTable('members').execute()
    for (const path of ['/trpc/auth.me', '/api/episodes/ep_00000000000000000000']) {
      const answer = await raw(server, path, { Cookie: cookie })
      expect(answer.status, path).toBe(500)
      expect(answer.text, path).toContain(String(answer.headers['x-request-id']))
      expect(answer.text, path).not.toMatch(/members|SQLITE|no such table|\.ts|stack/i)
    }
    expect(server.log()).toContain('no such table: members')
  })

  test('(22) a forged X-Forwarded-For changes nothing unless the proxy is trusted', async () => {
    await using plain = await startTestServer()
    await using behind = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const ips = []
    for (const server of [plain, behind]) {
      const { email } = await person(server)
      const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '203.0.113.9' }
      await raw(server, '/trpc/auth.signIn', headers, 'POST', JSON.stringify({ email, password: PASSWORD }))
      const rows = await server.ctx.db
        .selectFrom('sessions')
        .select('ip')
        .where('user_agent', '!=', 'test')
        .execute()
      ips.push(rows[0]?.ip)
    }
    expect(ips).toEqual(['127.0.0.1', '203.0.113.9'])
  })
})

describe('health', () => {
  test('/healthz says that the process answers', async () => {
    await using server = await startTestServer()
    expect(await (await server.fetch('/healthz')).json()).toEqual({ status: 'ok' })
  })

  test('/readyz says that the database takes writes and the disk has room', async () => {
    await using server = await startTestServer()
    expect((await server.fetch('/readyz')).status).toBe(200)
    await using full = await startTestServer({ ROBOTRACE_MIN_FREE: '999999TB' })
    expect((await full.fetch('/readyz')).status).toBe(507)
  })

  test('/readyz looks once a second at most, however many strangers ask, and says when that was', async () => {
    const { db, statements } = countedDatabase(/^UPDATE schema_versions/)
    await using server = await startTestServer({}, { overrides: { db } })
    const ask = async () => {
      const { status, headers } = await server.fetch('/readyz')
      expect(headers.get('cache-control')).toContain('no-store')
      return status
    }
    server.clock.advance('1ms')
    const many = await Promise.all(Array.from({ length: 40 }, ask))
    expect(new Set(many)).toEqual(new Set([200]))
    expect(statements()).toBe(1)
    const { checked_at } = z
      .object({ checked_at: z.string() })
      .parse(await (await server.fetch('/readyz')).json())
    expect(checked_at).toBe(server.ctx.now().toISOString())
    // What goes wrong meanwhile is found by the next look, and so is that it is well again.
    await sql`PRAGMA query_only = ON`.execute(server.ctx.db)
    server.clock.advance('999ms')
    expect([await ask(), statements()]).toEqual([200, 1])
    server.clock.advance('1ms')
    expect(new Set(await Promise.all(Array.from({ length: 40 }, ask)))).toEqual(new Set([503]))
    expect(statements()).toBe(2)
    await sql`PRAGMA query_only = OFF`.execute(server.ctx.db)
    expect([await ask(), statements()]).toEqual([503, 2])
    server.clock.advance('1s')
    expect([await ask(), statements()]).toEqual([200, 3])
  })

  test('/readyz is 503 when the database is read-only', async () => {
    await using server = await startTestServer()
    await sql`PRAGMA query_only = ON`.execute(server.ctx.db)
    const answer = await server.fetch('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.text()).not.toMatch(/SQLITE|readonly/i)
  })
})
