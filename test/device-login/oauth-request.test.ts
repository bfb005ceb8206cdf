import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { readConfig } from '../../server/config.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, type Person, tenant } from '../seed.ts'
import {
  approve,
  CLIENT_AGENT,
  oauth,
  pageOf,
  poll,
  post,
  refusedAs,
  type Started,
  start,
  started,
  token,
} from './login.ts'

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

  test('D06 no client has a secret: only `none` is offered, at both endpoints alike', async () => {
    await using server = await startTestServer()
    const document = await (await server.fetch('/.well-known/oauth-authorization-server')).json()
    expect(document).toMatchObject({ token_endpoint_auth_methods_supported: ['none'] })
  })

  test('D07 scope is optional, unknown ones are invalid_scope, and the key gets no more than was asked', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    for (const scope of ['everything', 'episodes:read admin', 'admin']) {
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

  test('D07 the strong scopes are granted by name alone, and never more than the approver may', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const asked = 'episodes:read fleet:write keys:manage'
    const scopesOf = async (who: Person, scope?: string) => {
      const key = await granted(server, lab.organization_id, who, scope)
      const answer = await server.fetch('/api/whoami', { headers: bearer(key) })
      return z.object({ scopes: z.array(z.string()) }).parse(await answer.json()).scopes
    }
    expect(await scopesOf(lab.owner, undefined)).not.toContain('fleet:write')
    expect(await scopesOf(lab.owner, asked)).toEqual(['episodes:read', 'fleet:write', 'keys:manage'])
    expect(await scopesOf(await member(server, lab.organization_id, 'member'), asked)).toEqual([
      'episodes:read',
      'fleet:write',
    ])
  })

  test('D07 who may give nothing of what is asked for gives no key at all', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const who = await member(server, organization_id, 'member')
    const { user_code } = await startWith(server, 'keys:manage')
    const view = await pageOf(server, who).claim.mutate({ user_code })
    expect(view.organizations).toEqual([])
    await expect(pageOf(server, who).approve.mutate({ user_code, organization_id })).rejects.toMatchObject(
      refusedAs('forbidden'),
    )
  })

  test('D07 a role that shrinks between approval and pick-up takes its scopes along', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const who = await member(server, organization_id, 'admin')
    const { user_code, device_code } = await startWith(server, 'episodes:read keys:manage')
    await pageOf(server, who).claim.mutate({ user_code })
    await pageOf(server, who).approve.mutate({ user_code, organization_id })
    await server.ctx.db
      .updateTable('members')
      .set({ role: 'member' })
      .where('account_id', '=', who.caller.account_id)
      .execute()
    expect(await poll(server, device_code)).toMatchObject({ status: 'approved', scope: 'episodes:read' })
  })

  test.each(['admin', 'everything', 'episodes:read admin'])(
    'D07 the RoboTrace dialect refuses the scope %s by name, and takes null for none',
    async (scope) => {
      await using server = await startTestServer()
      const answer = await post(server, '/api/cli/auth/start', { user_agent: 'x', hostname: null, scope })
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ errors: [{ path: 'scope' }] })
      const none = await post(server, '/api/cli/auth/start', { user_agent: 'x', hostname: null, scope: null })
      expect(none.status).toBe(200)
    },
  )

  test('D21 the page says for each organization what the key would be allowed there', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const who = await member(server, lab.organization_id, 'member')
    const { user_code } = await startWith(server, 'episodes:read fleet:write keys:manage')
    const view = await pageOf(server, who).claim.mutate({ user_code })
    expect(view.scopes).toEqual(['episodes:read', 'fleet:write', 'keys:manage'])
    expect(view.organizations).toMatchObject([{ scopes: ['episodes:read', 'fleet:write'] }])
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
  test('D17, D19 the interaction starts with a typed code, which is folded and cleaned before it is looked up', async () => {
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

async function startWith(server: TestServer, scope: string | undefined): Promise<Started> {
  const answer = await post(server, '/api/cli/auth/start', {
    user_agent: CLIENT_AGENT,
    hostname: null,
    scope,
  })
  return started.parse(await answer.json())
}

/** Signs a terminal in with these scopes. @returns its key */
async function granted(
  server: TestServer,
  organization_id: string,
  who: Person,
  scope: string | undefined,
): Promise<string> {
  const { user_code, device_code } = await startWith(server, scope)
  await pageOf(server, who).claim.mutate({ user_code })
  await pageOf(server, who).approve.mutate({ user_code, organization_id })
  return (await poll(server, device_code)).api_key ?? ''
}
