import { describe, expect, test } from 'vitest'
import { mintApiKey, revokeApiKey } from '../../server/api-keys/api-keys.ts'
import { readConfig } from '../../server/config.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'
import { approve, authorize, DEVICE_GRANT, oauth, pageOf, poll, post, start, token } from './login.ts'

/** RFC 8628 and its neighbours, statement by statement; the numbers are those of the project's checklist. */
const CLIENT = { client_id: 'robotrace-cli' }

describe('device authorization request', () => {
  test('D01 takes a form in UTF-8, and JSON as well', async () => {
    await using server = await startTestServer()
    expect((await oauth(server, 'device_authorization', { ...CLIENT, note: 'ünïcode' })).status).toBe(200)
    expect((await post(server, '/oauth/device_authorization', CLIENT)).status).toBe(200)
  })

  test('D02 needs client_id: missing is invalid_request, unknown is invalid_client', async () => {
    await using server = await startTestServer()
    expect(await oauth(server, 'device_authorization', {})).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect(await oauth(server, 'device_authorization', { client_id: 'somebody' })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
  })

  test('D03 a parameter sent empty counts as absent', async () => {
    await using server = await startTestServer()
    expect(await oauth(server, 'device_authorization', { client_id: '' })).toMatchObject({
      body: { error: 'invalid_request' },
    })
    expect((await oauth(server, 'device_authorization', { ...CLIENT, scope: '' })).status).toBe(200)
  })

  test('D04 unknown parameters are ignored', async () => {
    await using server = await startTestServer()
    expect(
      (await oauth(server, 'device_authorization', { ...CLIENT, colour: 'red', __proto: 'x' })).status,
    ).toBe(200)
  })

  test('D05 a repeated parameter is invalid_request', async () => {
    await using server = await startTestServer()
    for (const path of ['device_authorization', 'token', 'revoke']) {
      const answer = await oauth(server, path, { client_id: ['robotrace-cli', 'robotrace-cli'], token: 'x' })
      expect(answer, path).toMatchObject({
        status: 400,
        body: { error: 'invalid_request', error_description: 'client_id is repeated.' },
      })
    }
  })

  test('D07 scope is optional, unknown ones are invalid_scope, and the key gets no more than was asked', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    for (const scope of ['everything', 'episodes:read admin', 'keys:manage']) {
      expect(await oauth(server, 'device_authorization', { ...CLIENT, scope })).toMatchObject({
        body: { error: 'invalid_scope' },
      })
    }
    const { body } = await oauth(server, 'device_authorization', { ...CLIENT, scope: 'episodes:read' })
    await approve(server, lab, { user_code: String(body.user_code) })
    const granted = (await token(server, String(body.device_code))).body
    expect(granted.scope).toBe('episodes:read')
    const key = bearer(String(granted.access_token))
    expect((await server.fetch('/api/episodes', { headers: key })).status).toBe(200)
    const write = await server.fetch('/api/ingest/episode', { method: 'POST', headers: key })
    expect(write.status).toBe(403)
    expect(write.headers.get('www-authenticate')).toBe(
      'Bearer realm="RoboTrace", error="insufficient_scope", scope="episodes:write"',
    )
  })

  test('D08 TLS only: plain http beyond loopback is refused at the start (see the configuration tests)', async () => {
    expect(() => readConfig({ PUBLIC_URL: 'http://robots.example' })).toThrow(/ROBOTRACE_INSECURE_HTTP/)
  })
})

describe('device authorization response', () => {
  test('D09 is JSON and no-store, errors too', async () => {
    await using server = await startTestServer()
    for (const answer of [
      await oauth(server, 'device_authorization', CLIENT),
      await oauth(server, 'device_authorization', {}),
    ]) {
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })

  test('D10–D15 has codes, URIs from the configuration alone, 600 seconds and an interval of five', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    const { body } = await oauth(server, 'device_authorization', CLIENT, {
      'X-Forwarded-Host': 'evil.example',
    })
    expect(body).toEqual({
      device_code: expect.stringMatching(/^[\w-]{43}$/),
      user_code: expect.stringMatching(/^.{4}-.{4}$/),
      verification_uri: 'https://robots.example/cli/auth',
      verification_uri_complete: `https://robots.example/cli/auth?code=${body.user_code}`,
      expires_in: 600,
      interval: 5,
    })
  })
})

describe('user interaction', () => {
  test('D17 what is typed is folded and cleaned before it is looked up', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const { user_code } = await start(server)
    const typed = ` ${user_code.toLowerCase().replace('-', ' . ')} `
    expect((await pageOf(server, owner).claim.mutate({ user_code: typed })).user_code).toBe(user_code)
  })

  test('D20–D24 the page learns what it must show, and never the device_code', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const login = await start(server)
    const view = await pageOf(server, owner).claim.mutate(login)
    expect(view).toMatchObject({
      state: 'pending',
      user_code: login.user_code,
      hostname: 'bench-3',
      ip: '127.0.0.1',
      user_agent: expect.stringContaining('robotrace-python/0.3.0'),
      client_id: 'robotrace-cli',
      same_network: true,
      scopes: expect.arrayContaining(['episodes:write']),
      organizations: [{ id: organization_id }],
    })
    expect(JSON.stringify(view)).not.toContain(login.device_code)
  })

  test('D26 nobody looks a code up without having signed in', async () => {
    await using server = await startTestServer()
    const { user_code } = await start(server)
    await expect(portalClient(server).deviceLogin.claim.mutate({ user_code })).rejects.toMatchObject({
      data: { problem: { status: 401 } },
    })
  })
})

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

  test('D37 of fifty polls in both dialects at the same moment exactly one gets the key', async () => {
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
    await server.ctx.db
      .updateTable('organizations')
      .set({ device_login_off_at: '2026-01-01T00:00:00.000Z' })
      .execute()
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

describe('discovery and neighbours', () => {
  test('D41 the metadata names this issuer, byte for byte, whatever the Host says', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    const document = await (await server.fetch('/.well-known/oauth-authorization-server')).json()
    expect(document).toMatchObject({
      issuer: 'https://robots.example',
      device_authorization_endpoint: 'https://robots.example/oauth/device_authorization',
      token_endpoint: 'https://robots.example/oauth/token',
      revocation_endpoint: 'https://robots.example/oauth/revoke',
      introspection_endpoint: 'https://robots.example/oauth/introspect',
      grant_types_supported: [DEVICE_GRANT],
      token_endpoint_auth_methods_supported: ['none'],
    })
  })

  test('D42 revocation answers 200 for a live, a dead and an unknown token, and ends the live one', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    for (const one of [api_key, api_key, 'never-a-token']) {
      expect((await oauth(server, 'revoke', { ...CLIENT, token: one })).status).toBe(200)
    }
    expect((await server.fetch('/api/episodes', { headers: bearer(api_key) })).status).toBe(401)
    expect((await oauth(server, 'revoke', CLIENT)).body.error).toBe('invalid_request')
  })

  test('D43 introspection needs a key and speaks of keys of its own organization only', async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const ask = (token: string, headers = {}) => oauth(server, 'introspect', { token }, headers)
    expect(await ask(mine.api_key)).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    const key = bearer(mine.api_key)
    expect((await ask(mine.api_key, key)).body).toMatchObject({
      active: true,
      scope: expect.stringContaining('episodes:write'),
      client_id: 'robotrace-cli',
      sub: mine.organization_id,
      iss: server.ctx.config.public_url,
      token_type: 'bearer',
      iat: expect.any(Number),
    })
    const second = await revokeApiKeyOf(mine)
    for (const one of [theirs.api_key, 'nonsense', second])
      expect((await ask(one, key)).body).toEqual({ active: false })

    async function revokeApiKeyOf(lab: typeof mine): Promise<string> {
      const { key: minted, api_key } = await mintApiKey(server.ctx, lab.owner.caller, {
        organization_id: lab.organization_id,
        label: 'short-lived',
      })
      await revokeApiKey(server.ctx, lab.owner.caller, api_key.id)
      return minted
    }
  })

  test('D44 credentials: scheme in any case, none in the query, a challenge without error when none came', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    expect(
      (await server.fetch('/api/episodes', { headers: { Authorization: `BEARER ${api_key}` } })).status,
    ).toBe(200)
    const bare = await server.fetch(`/api/episodes?access_token=${api_key}`)
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="RoboTrace"'])
  })
})
