import { describe, expect, test } from 'vitest'
import { mintApiKey, revokeApiKey } from '../../server/api-keys/api-keys.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'
import { DEVICE_GRANT, oauth } from './login.ts'

/** RFC 8628 and its neighbours, statement by statement; the numbers are those of the project's checklist. */
const CLIENT = { client_id: 'robotrace-cli' }

describe('discovery and neighbours', () => {
  test('(33) D41 the metadata names this issuer, byte for byte, whatever the Host says', async () => {
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

  test('D09 whatever goes wrong on an OAuth route, and wherever, the answer is RFC 6749 JSON', async () => {
    await using server = await startTestServer()
    const url = `${server.url}/oauth/token`
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const answers = [
      await fetch(url, { method: 'POST', headers: form, body: `a=${'x'.repeat(20_000)}` }),
      await fetch(url),
      await fetch(url, {
        method: 'POST',
        headers: { ...form, 'Content-Encoding': 'gzip' },
        body: 'not gzip',
      }),
      await fetch(url, { method: 'POST', headers: { ...form, Origin: 'https://evil.example' }, body: 'a=b' }),
      await fetch(`${server.url}/oauth/nothing`),
    ]
    expect(answers.map(({ status }) => status)).toEqual([413, 405, 400, 403, 404])
    for (const answer of answers) {
      expect(Object.keys(Object(await answer.json()))).toEqual(['error', 'error_description'])
      expect(answer.headers.get('cache-control')).toBe('no-store')
    }
  })
})
