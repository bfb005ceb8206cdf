import { TOTP } from 'otpauth'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { approve, authorize, post, start, token } from '../device-login/login.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { bearer, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

const secretStart = z.looseObject({ result: z.object({ data: z.looseObject({ secret: z.string() }) }) })

test('(35) whatever answers with a secret forbids everybody on the way to keep it', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { organization_id, owner } = lab
  const cookie = { Cookie: owner.cookie }
  const answers: [string, Response][] = []
  const keep = async (what: string, answer: Response | Promise<Response>): Promise<Response> => {
    const response = await answer
    answers.push([what, response])
    return response.clone()
  }
  const portal = (name: string, input: unknown) => keep(name, mutate(server, name, input, cookie))
  await portal('apiKeys.mint', { organization_id, label: 'rig' })
  await portal('apiKeys.mintPersonal', { label: 'laptop' })
  await portal('apiKeys.rotate', { id: lab.api_key_id })
  await portal('invitations.make', { organization_id, email: 'robin@lab.example', role: 'viewer' })
  await portal('apiTokens.make', { life: '24h' })
  const { id } = await portalClient(server, owner).apiTokens.make.mutate({})
  await portal('apiTokens.reveal', { id })
  const login = { email: owner.email, password: owner.password }
  const signedIn = await keep('login', post(server, '/api/v1/auth/login', login))
  const { access_token } = z.object({ access_token: z.string() }).parse(await signedIn.json())
  await keep('refresh', refreshed(access_token))
  const keys = `/api/v1/organizations/${organization_id}/api-keys`
  const { access_token: fresh } = z
    .object({ access_token: z.string() })
    .parse(await (await post(server, '/api/v1/auth/login', login)).json())
  await keep('POST api-keys', sendJson(server, 'POST', keys, fresh, { label: 'ci' }))
  await keep('POST api-tokens', sendJson(server, 'POST', '/api/v1/user/api-tokens', fresh, {}))
  await keep('start', post(server, '/api/cli/auth/start', {}))
  const first = await start(server)
  await approve(server, lab, first)
  await keep('poll', post(server, '/api/cli/auth/poll', { device_code: first.device_code }))
  const started = await portal('auth.startTotp', {})
  const { secret } = secretStart.parse(await started.json()).result.data
  const code = new TOTP({ secret, algorithm: 'SHA1', digits: 6, period: 30 }).generate()
  await portal('auth.confirmTotp', { code })

  for (const [what, answer] of answers) {
    expect(answer.status, what).toBeLessThan(300)
    expect(answer.headers.get('cache-control'), what).toBe('no-store')
    expect(answer.headers.get('etag'), what).toBeNull()
  }
  const { headers } = await token(server, (await authorize(server)).device_code)
  expect(headers.get('cache-control')).toBe('no-store')

  function refreshed(text: string): Promise<Response> {
    return server.fetch('/api/v1/auth/refresh', { method: 'POST', headers: bearer(text) })
  }
})
