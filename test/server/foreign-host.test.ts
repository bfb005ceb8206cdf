import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { post } from '../device-login/login.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { startIdentityProvider } from '../identity-provider.ts'
import { rawFetch } from '../raw-request.ts'
import { bearer, type Tenant, tenant } from '../seed.ts'
import { readable, startMailServer } from '../smtp-server.ts'
import { snapshot } from '../snapshot.ts'

const PUBLIC_URL = 'https://robots.example'
const JSON_TYPE = { 'Content-Type': 'application/json' }

/** A server that mails, has a provider, and believes its proxy: the most that a forged header could reach. */
async function wholeServer() {
  const mail = await startMailServer()
  const provider = await startIdentityProvider()
  const server = await startTestServer({
    ...provider.env,
    PUBLIC_URL,
    ROBOTRACE_SMTP_URL: mail.url,
    ROBOTRACE_MAIL_FROM: 'robots@robots.example',
    ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32',
  })
  provider.serve(server)
  return {
    mail,
    server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await provider[Symbol.asyncDispose]()
      await mail[Symbol.asyncDispose]()
    },
  }
}

interface Asked {
  path: string
  method?: string
  headers?: Record<string, string>
  body?: string
}

/** Everything whose answer, mail or redirect holds an address of this server. */
function askingForAddresses({ owner, organization_id, api_key }: Tenant): Asked[] {
  const cookie = owner.cookie.replace('robotrace_session', '__Host-robotrace_session')
  const invitation = { organization_id, email: 'new@lab.example', role: 'viewer' }
  return [
    { path: '/' },
    { path: '/.well-known/oauth-authorization-server' },
    { path: '/auth/oidc/start?next=/portal' },
    { path: '/auth/oidc/callback?code=x&state=y' },
    { path: '/api/cli/auth/start', method: 'POST', headers: JSON_TYPE, body: '{}' },
    {
      ...{ path: '/oauth/device_authorization', method: 'POST', headers: JSON_TYPE },
      body: '{"client_id":"robotrace-cli"}',
    },
    {
      ...{ path: '/api/ingest/episode', method: 'POST', headers: { ...JSON_TYPE, ...bearer(api_key) } },
      body: '{"request_uploads":["video"]}',
    },
    {
      ...{ path: '/trpc/invitations.make', method: 'POST', body: JSON.stringify(invitation) },
      headers: { ...JSON_TYPE, Cookie: cookie, 'Sec-Fetch-Site': 'same-origin' },
    },
    {
      ...{ path: '/trpc/auth.signIn', method: 'POST' },
      headers: { ...JSON_TYPE, 'Sec-Fetch-Site': 'same-origin' },
      body: JSON.stringify({ email: owner.email, password: owner.password }),
    },
    { path: '/api/nothing' },
  ]
}

const send = (
  server: TestServer,
  { path, method, headers = {}, body }: Asked,
  more: Record<string, string>,
) => rawFetch(server, path, { ...headers, ...more }, method, body)

describe('(33) a Host that is not this server’s', () => {
  const hosts = [
    'evil.example',
    'robots.example.evil.example',
    'evil.example:443',
    'robots.example@evil.example',
  ]

  test.each(hosts)('%j is answered 421 wherever an address is made, and makes none', async (Host) => {
    await using at = await wholeServer()
    const lab = await tenant(at.server)
    const before = await snapshot(at.server)
    for (const asked of askingForAddresses(lab)) {
      const answer = await send(at.server, asked, { Host })
      expect(answer.status, asked.path).toBe(421)
      expect(answer.text + JSON.stringify(answer.headers), asked.path).not.toContain('evil')
    }
    await at.server.ctx.background.drain()
    expect(at.mail.mails).toEqual([])
    expect(await snapshot(at.server)).toEqual(before)
  })

  test('is refused as well by a server that was given no PUBLIC_URL: it answers loopback names alone', async () => {
    await using server = await startTestServer()
    for (const Host of ['evil.example', 'robot-pc.local', '192.168.7.20:3000'])
      expect((await rawFetch(server, '/healthz', { Host })).status, Host).toBe(421)
    expect((await rawFetch(server, '/healthz', { Host: 'localhost:3000' })).status).toBe(200)
  })
})

describe('(33) headers in which a proxy names another host', () => {
  const FORGED = {
    Host: 'robots.example',
    'X-Forwarded-Host': 'evil.example',
    'X-Forwarded-Server': 'evil.example',
    'X-Forwarded-Proto': 'http',
    'X-Forwarded-Port': '8080',
    'X-Original-Host': 'evil.example',
    'X-Host': 'evil.example',
    Forwarded: 'host=evil.example;proto=http',
  }

  test('are in no address, redirect, cookie or mail, even behind a proxy that is believed', async () => {
    await using at = await wholeServer()
    const { server, mail } = at
    const lab = await tenant(server)
    const answers = new Map<string, string>()
    for (const asked of askingForAddresses(lab)) {
      const answer = await send(server, asked, FORGED)
      expect([200, 201, 302, 303, 404], asked.path).toContain(answer.status)
      const said = `${answer.text} ${decodeURIComponent(JSON.stringify(answer.headers))}`
      expect(said, asked.path).not.toMatch(/evil|http:\/\/robots|:8080|domain=/i)
      answers.set(asked.path.split('?')[0] ?? '', said)
    }
    const below = (path: string, address: string) =>
      expect(answers.get(path), path).toContain(`${PUBLIC_URL}${address}`)
    below('/.well-known/oauth-authorization-server', '/oauth/token')
    below('/auth/oidc/start', '/auth/oidc/callback')
    below('/api/cli/auth/start', '/cli/auth')
    below('/oauth/device_authorization', '/cli/auth')
    below('/api/ingest/episode', '/api/blobs/episodes/')
    below('/trpc/invitations.make', '/invitation?token=')
    expect(answers.get('/trpc/auth.signIn')).toContain('__Host-robotrace_session=')
    await server.ctx.background.drain()
    const links = readable(mail.mails[0]?.raw ?? '').match(/https?:\/\/[^\s"<]+/g) ?? []
    expect(links.length).toBeGreaterThan(0)
    for (const link of links) expect(link).toMatch(/^https:\/\/robots\.example\//)
  })
})

test('(33) the link of the set-up and what a terminal is told come from the configuration', async () => {
  await using server = await startTestServer({ PUBLIC_URL })
  expect(await makeSetupLink(server.ctx)).toMatch(/^https:\/\/robots\.example\/setup\?token=/)
  const answer = z
    .object({ verification_uri_complete: z.string() })
    .parse(await (await post(server, '/api/cli/auth/start', {})).json())
  expect(answer.verification_uri_complete).toMatch(/^https:\/\/robots\.example\/cli\/auth\?code=/)
})
