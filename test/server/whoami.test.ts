import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { send, tokenOf } from './key-requests.ts'

const said = z.looseObject({ kind: z.string(), scopes: z.unknown(), rotation: z.unknown() })

describe('GET /api/whoami answers for every credential', () => {
  test('a key of the organization: bound to it, with its rights and its rotation', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    expect(await (await send(server, lab.api_key, 'GET', '/api/whoami')).json()).toMatchObject({
      kind: 'service_key',
      key_prefix: lab.api_key.slice(0, 13),
      client_id: lab.organization_id,
      organization: { id: lab.organization_id },
      organizations: null,
      user_email: lab.owner.email,
      scopes: ['episodes:write', 'episodes:read', 'evals:write', 'evals:read', 'fleet:read'],
      expires_at: null,
      rotation: { due: false, reason: null },
    })
  })

  test('an rbtk_ key, an API token and an access token: not bound, with the organizations of their person', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await portalClient(server, lab.owner).apiKeys.mintPersonal.mutate({ label: 'laptop' })
    const kinds = []
    for (const credential of [
      key,
      await tokenOf(server, lab.owner, 'robotrace-api-token+jwt'),
      await tokenOf(server, lab.owner, 'at+jwt'),
    ]) {
      const answer = said.parse(await (await send(server, credential, 'GET', '/api/whoami')).json())
      expect(answer).toMatchObject({
        client_id: null,
        organization: null,
        organizations: [{ id: lab.organization_id, role: 'owner' }],
        user_email: lab.owner.email,
      })
      kinds.push([answer.kind, answer.scopes === null, answer.rotation === null])
    }
    expect(kinds).toEqual([
      ['personal_key', false, false],
      ['api_token', true, true],
      ['access_token', true, true],
    ])
  })
})

describe('POST /api/cli/auth/revoke ends whatever is presented', () => {
  test('a key, an API token and the session behind an access token: the next request is 401', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const { key } = await portalClient(server, lab.owner).apiKeys.mintPersonal.mutate({ label: 'laptop' })
    const credentials = [
      lab.api_key,
      key,
      await tokenOf(server, lab.owner, 'robotrace-api-token+jwt'),
      await tokenOf(server, lab.owner, 'at+jwt'),
    ]
    for (const credential of credentials) {
      const ended = await send(server, credential, 'POST', '/api/cli/auth/revoke')
      expect(await ended.json()).toMatchObject({ status: 'revoked' })
      expect((await send(server, credential, 'GET', '/api/whoami')).status).toBe(401)
      expect((await send(server, credential, 'POST', '/api/cli/auth/revoke')).status).toBe(401)
    }
    const events = await server.ctx.db.selectFrom('audit_events').select('action').orderBy('seq').execute()
    expect(events.slice(-4).map(({ action }) => action)).toEqual([
      'api_key.revoked',
      'api_key.revoked',
      'api_token.revoked',
      'session.ended',
    ])
  })

  test('RFC 7009: /oauth/revoke ends a token too, and answers 200 for one that never was', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const token = await tokenOf(server, lab.owner, 'robotrace-api-token+jwt')
    const revoke = (text: string) =>
      server.fetch('/oauth/revoke', { method: 'POST', body: new URLSearchParams({ token: text }) })
    expect((await revoke(token)).status).toBe(200)
    expect((await send(server, token, 'GET', '/api/whoami')).status).toBe(401)
    expect((await revoke('nothing')).status).toBe(200)
  })
})
