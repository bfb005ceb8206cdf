import { describe, expect, test } from 'vitest'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate } from '../portal-request.ts'
import { PASSWORD } from '../seed.ts'

const firstAccount = {
  email: 'Art@Lab.example',
  name: 'Art',
  password: PASSWORD,
  organization_name: 'Halcyon Robotics',
}

describe('set-up', () => {
  async function token(server: TestServer): Promise<string> {
    const link = new URL((await makeSetupLink(server.ctx)) ?? '')
    expect(`${link.origin}${link.pathname}`).toBe(`${server.ctx.config.public_url}/setup`)
    return link.searchParams.get('token') ?? ''
  }

  test('the link makes the first administrator, an organization owned by them, and signs them in', async () => {
    await using server = await startTestServer()
    const answer = await mutate(server, 'setup.complete', { ...firstAccount, token: await token(server) })
    expect(answer.status).toBe(200)
    expect(await me(server, cookiesOf(answer))).toMatchObject({
      account: { email: 'Art@Lab.example', staff: true },
      organizations: [{ name: 'Halcyon Robotics', slug: 'halcyon-robotics', role: 'owner' }],
    })
  })

  test('(34) a link works once, and no link is made once there is an account', async () => {
    await using server = await startTestServer()
    const used = await token(server)
    expect(await portalClient(server).setup.status.query()).toEqual({ needed: true })
    const [one, two] = await Promise.all([
      mutate(server, 'setup.complete', { ...firstAccount, token: used }),
      mutate(server, 'setup.complete', { ...firstAccount, email: 'eve@lab.example', token: used }),
    ])
    expect([one.status, two.status].sort()).toEqual([200, 404])
    expect(await makeSetupLink(server.ctx)).toBeUndefined()
    expect(await portalClient(server).setup.status.query()).toEqual({ needed: false })
  })

  test('a newer link ends the older one, and a day ends both', async () => {
    await using server = await startTestServer()
    const [older, newer] = [await token(server), await token(server)]
    expect((await mutate(server, 'setup.complete', { ...firstAccount, token: older })).status).toBe(404)
    server.clock.advance('24h')
    expect((await mutate(server, 'setup.complete', { ...firstAccount, token: newer })).status).toBe(404)
  })

  test('a refused form leaves the link usable and names the field', async () => {
    await using server = await startTestServer()
    const link = await token(server)
    const refused = await mutate(server, 'setup.complete', {
      ...firstAccount,
      password: 'short',
      token: link,
    })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toMatchObject({
      error: {
        data: { problem: { detail: 'password: must have at least 8 characters', code: 'invalid_request' } },
      },
    })
    expect((await mutate(server, 'setup.complete', { ...firstAccount, token: link })).status).toBe(200)
  })
})

describe('a new password', () => {
  test.each(['password', '12345678', 'PassW0rd', 'halcyon2026', 'art@lab.example', 'robotrace123'])(
    '(5) that guessing starts with is refused with a sentence: %s',
    async (password) => {
      await using server = await startTestServer()
      const link = new URL((await makeSetupLink(server.ctx)) ?? '')
      const token = link.searchParams.get('token') ?? ''
      const refused = await mutate(server, 'setup.complete', { ...firstAccount, password, token })
      expect(refused.status).toBe(400)
      expect(await refused.text()).toMatch(
        /password: (is one of the passwords that are tried first|follows from names)/,
      )
    },
  )
})
