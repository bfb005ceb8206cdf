import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'
import { approve, CLIENT_AGENT, pageOf, poll, post, start } from './login.ts'

describe('start', () => {
  test('answers exactly 200 with every member the stock client reads, none of them null', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    const answer = await post(server, '/api/cli/auth/start', { user_agent: CLIENT_AGENT, hostname: null })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const body = await answer.json()
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ4679]{4}-[BCDFGHJKLMNPQRSTVWXZ4679]{4}$/),
      verification_uri: 'https://robots.example/cli/auth',
      verification_uri_complete: expect.stringMatching(
        /^https:\/\/robots\.example\/cli\/auth\?code=.{4}-.{4}$/,
      ),
      expires_in: 600,
      interval: 2,
    })
  })

  test.each([{}, { user_agent: null, hostname: null }, { hostname: 'x'.repeat(120), extra: 1 }])(
    'takes %j',
    async (body) => {
      await using server = await startTestServer()
      expect((await post(server, '/api/cli/auth/start', body)).status).toBe(200)
    },
  )

  test('is limited to five live logins of a network and twenty in an hour, with the time to wait', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    for (let i = 0; i < 5; i++) await start(server, `2001:db8:1:2::${i}`)
    const sixth = await post(server, '/api/cli/auth/start', {}, '2001:db8:1:2::ffff')
    expect(sixth.status).toBe(429)
    expect(Number(sixth.headers.get('retry-after'))).toBeGreaterThan(500)
    expect((await post(server, '/api/cli/auth/start', {}, '2001:db8:9:9::1')).status).toBe(200)
    for (let round = 0; round < 3; round++) {
      server.clock.advance('10m')
      for (let i = 0; i < 5; i++) await start(server, '2001:db8:1:2::1')
    }
    server.clock.advance('10m')
    expect((await post(server, '/api/cli/auth/start', {}, '2001:db8:1:2::1')).status).toBe(429)
    server.clock.advance('30m')
    expect((await post(server, '/api/cli/auth/start', {}, '2001:db8:1:2::1')).status).toBe(200)
  })
})

describe('many starts at the same moment', () => {
  test('do not pass the cap of five together', async () => {
    await using server = await startTestServer()
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => post(server, '/api/cli/auth/start', {})),
    )
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
  })

  test('D18 a code that is taken again and again ends in 503 with the time to wait', async () => {
    await using server = await startTestServer()
    await start(server)
    // As if every draw were taken: there can be one login of this client only.
    await sql`CREATE UNIQUE INDEX taken ON device_logins (client_id)`.execute(server.ctx.db)
    const answer = await post(server, '/api/cli/auth/start', {})
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
  })

  test('a hostname and a program name of any length are cut, not refused', async () => {
    await using server = await startTestServer()
    const body = { hostname: 'h'.repeat(500), user_agent: 'u'.repeat(5000) }
    expect((await post(server, '/api/cli/auth/start', body)).status).toBe(200)
    const row = await server.ctx.db.selectFrom('device_logins').selectAll().executeTakeFirstOrThrow()
    expect([row.hostname?.length, row.user_agent.length]).toEqual([120, 300])
  })
})

describe('poll', () => {
  test('is pending with the interval until somebody decides', async () => {
    await using server = await startTestServer()
    const { device_code } = await start(server)
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'pending', interval: 2 })
    server.clock.advance('2s')
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'pending', interval: 2 })
  })

  test('that comes too fast is answered 200 with a larger interval, which stays, never 429', async () => {
    await using server = await startTestServer()
    const { device_code } = await start(server)
    await poll(server, device_code)
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'pending', interval: 7 })
    server.clock.advance('7s')
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'pending', interval: 7 })
  })

  test('hands the key over once, with who and where, and then is 410 consumed', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await poll(server, login.device_code)
    await approve(server, lab, login)
    const approved = await poll(server, login.device_code)
    expect(approved).toEqual({
      http: 200,
      status: 'approved',
      api_key: expect.stringMatching(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/),
      base_url: server.ctx.config.public_url,
      client_id: lab.organization_id,
      user_email: lab.owner.email,
      portal_url: `${server.ctx.config.public_url}/portal`,
      organization: { id: lab.organization_id, slug: expect.any(String), name: 'Halcyon Robotics' },
      scope: 'episodes:write episodes:read evals:write evals:read fleet:read',
    })
    expect((await server.fetch('/api/episodes', { headers: bearer(approved.api_key ?? '') })).status).toBe(
      200,
    )
    expect(await poll(server, login.device_code)).toMatchObject({
      http: 410,
      status: 'consumed',
      error: expect.any(String),
    })
  })

  test('the minted key belongs to the approver and carries code, hostname and SDK version', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    const { api_key } = await poll(server, login.device_code)
    const row = await server.ctx.db
      .selectFrom('api_keys')
      .selectAll()
      .where('id', '=', (api_key ?? '').slice(3, 13))
      .executeTakeFirstOrThrow()
    expect(row).toMatchObject({
      label: `robotrace-cli (${login.user_code})`,
      organization_id: lab.organization_id,
      created_by: lab.owner.caller.account_id,
      hostname: 'bench-3',
      sdk_version: 'robotrace-python/0.3.0',
      revoked_at: null,
    })
  })

  test('of a refused login is 200 denied, for good', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { device_code, user_code } = await start(server)
    await pageOf(server, owner).claim.mutate({ user_code })
    await pageOf(server, owner).refuse.mutate({ user_code })
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'denied' })
    expect(await poll(server, device_code)).toEqual({ http: 200, status: 'denied' })
  })

  test('is alive at 599 seconds and 410 expired from the 600th on, approved or not', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const [open, approved] = [await start(server), await start(server)]
    await approve(server, lab, approved)
    server.clock.advance('599s')
    expect(await poll(server, open.device_code)).toMatchObject({ status: 'pending' })
    server.clock.advance('1s')
    for (const { device_code } of [open, approved]) {
      expect(await poll(server, device_code)).toMatchObject({
        http: 410,
        status: 'expired',
        error: expect.stringContaining('expired'),
      })
    }
    server.clock.advance('1s')
    expect(await poll(server, open.device_code)).toMatchObject({ http: 410, status: 'expired' })
  })

  test('with an unknown code is 404, with a broken body 400, and neither echoes what was sent', async () => {
    await using server = await startTestServer()
    const unknown = await post(server, '/api/cli/auth/poll', { device_code: 'guess-of-somebody' })
    expect(unknown.status).toBe(404)
    expect(await unknown.text()).not.toContain('guess-of-somebody')
    for (const body of [{}, { device_code: 7 }, { device_code: '' }, { device_code: 'x'.repeat(201) }]) {
      expect((await post(server, '/api/cli/auth/poll', body)).status, JSON.stringify(body)).toBe(400)
    }
  })

  test('survives restarts between start, approval and the poll that picks the key up', async () => {
    const data = mkdtempSync(join(tmpdir(), 'robotrace-restart-'))
    const again = () => startTestServer({}, { file: true, data })
    try {
      let server = await again()
      const lab = await tenant(server)
      const login = await start(server)
      await server[Symbol.asyncDispose]()
      server = await again()
      await approve(server, lab, login)
      await server[Symbol.asyncDispose]()
      server = await again()
      expect(await poll(server, login.device_code)).toMatchObject({ status: 'approved' })
      await server[Symbol.asyncDispose]()
    } finally {
      rmSync(data, { recursive: true })
    }
  })
})

describe('revoke', () => {
  test('ends the presented key, with an empty body and no content type, and tells its public part only', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id } = await tenant(server)
    const revoke = () => server.fetch('/api/cli/auth/revoke', { method: 'POST', headers: bearer(api_key) })
    const answer = await revoke()
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      status: 'revoked',
      key_id: api_key_id,
      key_prefix: `rt_${api_key_id}`,
      revoked_at: expect.stringMatching(/Z$/),
    })
    expect((await revoke()).status).toBe(401)
  })
})

describe('whoami', () => {
  test('tells a key what it is, and a dead one nothing', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, organization_id, owner } = await tenant(server)
    const answer = await server.fetch('/api/whoami', { headers: bearer(api_key) })
    expect(await answer.json()).toMatchObject({
      key_id: api_key_id,
      label: 'prod robot rig',
      client_id: organization_id,
      organization: { name: 'Halcyon Robotics' },
      user_email: owner.email,
      scopes: expect.arrayContaining(['episodes:write', 'episodes:read']),
      expires_at: null,
    })
    expect((await server.fetch('/api/whoami')).status).toBe(401)
  })
})
