import * as oauth4webapi from 'oauth4webapi'
import * as openid from 'openid-client'
import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'
import { approve } from './login.ts'

/** Two OAuth clients from npm, unchanged, log in. */

test('openid-client discovers the server, waits and gets the key', async () => {
  await using server = await startTestServer()
  const issuer = server.ctx.config.public_url
  const lab = await tenant(server)
  const config = await openid.discovery(new URL(issuer), 'robotrace-cli', undefined, openid.None(), {
    algorithm: 'oauth2',
    execute: [openid.allowInsecureRequests],
  })
  const started = await openid.initiateDeviceAuthorization(config, { scope: 'episodes:write episodes:read' })
  await approve(server, lab, started)
  // The client waits one interval before it polls: told one second here, so that nobody waits five.
  const tokens = await openid.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.05 })
  expect(tokens.scope).toBe('episodes:write episodes:read')
  expect((await server.fetch('/api/episodes', { headers: bearer(tokens.access_token) })).status).toBe(200)
  await openid.tokenRevocation(config, tokens.access_token)
  expect((await server.fetch('/api/episodes', { headers: bearer(tokens.access_token) })).status).toBe(401)
})

test('oauth4webapi judges every answer on the way and finds nothing wrong', async () => {
  await using server = await startTestServer()
  const issuer = new URL(server.ctx.config.public_url)
  const lab = await tenant(server)
  const insecure = { [oauth4webapi.allowInsecureRequests]: true }
  const client = { client_id: 'robotrace-cli' }
  const found = await oauth4webapi.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  const as = await oauth4webapi.processDiscoveryResponse(issuer, found)
  const requested = await oauth4webapi.deviceAuthorizationRequest(
    as,
    client,
    oauth4webapi.None(),
    new URLSearchParams(),
    insecure,
  )
  const login = await oauth4webapi.processDeviceAuthorizationResponse(as, client, requested)

  const ask = async () => {
    const answer = await oauth4webapi.deviceCodeGrantRequest(
      as,
      client,
      oauth4webapi.None(),
      login.device_code,
      insecure,
    )
    return oauth4webapi.processDeviceCodeResponse(as, client, answer)
  }
  await expect(ask()).rejects.toMatchObject({ error: 'authorization_pending', status: 400 })
  await expect(ask()).rejects.toMatchObject({ error: 'slow_down', status: 400 })
  await approve(server, lab, login)
  const tokens = await ask()
  expect(tokens.token_type).toBe('bearer')
  await expect(ask()).rejects.toMatchObject({ error: 'invalid_grant' })

  const revoked = await oauth4webapi.revocationRequest(
    as,
    client,
    oauth4webapi.None(),
    tokens.access_token,
    insecure,
  )
  await oauth4webapi.processRevocationResponse(revoked)
  expect((await server.fetch('/api/episodes', { headers: bearer(tokens.access_token) })).status).toBe(401)
})
