import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { rawFetch } from '../raw-request.ts'
import { bearer, person, tenant } from '../seed.ts'

describe('(65) a request that is too large is refused', () => {
  test('as a body, over REST and in the portal', async () => {
    await using server = await startTestServer()
    const { api_key, owner } = await tenant(server)
    const long = JSON.stringify({ name: 'x'.repeat(1024 * 1024) })
    const rest = await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'application/json' },
      body: long,
    })
    expect(rest.status).toBe(413)
    const rename = portalClient(server, owner).auth.rename.mutate({ name: 'x'.repeat(1024 * 1024) })
    await expect(rename).rejects.toMatchObject({ data: { problem: { code: 'too_large' } } })
  })

  test('as an address and as headers', async () => {
    await using server = await startTestServer()
    const address = await rawFetch(server, `/api/episodes?robot=${'x'.repeat(20_000)}`, {})
    const headers = await rawFetch(server, '/api/episodes', { 'X-Note': 'x'.repeat(20_000) })
    expect([address.status, headers.status]).toEqual([431, 431])
    expect((await server.fetch('/healthz')).status).toBe(200)
  })

  test('as a batch of more than twenty calls: none of them runs', async () => {
    await using server = await startTestServer()
    const { cookie } = await person(server)
    const rename = (calls: number, as: string) =>
      rawFetch(
        server,
        `/trpc/${Array(calls).fill('auth.rename').join()}?batch=1`,
        { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin', Cookie: cookie },
        'POST',
        JSON.stringify(Object.fromEntries(Array.from({ length: calls }, (_, nth) => [nth, { name: as }]))),
      )
    const name = async () => (await portalClient(server, { cookie }).auth.me.query())?.account.name
    expect((await rename(20, 'Twenty')).status).toBe(200)
    expect(await name()).toBe('Twenty')
    const refused = await rename(21, 'Twenty-one')
    expect(refused.status).toBe(400)
    expect(await name()).toBe('Twenty')
  })
})

test('(65) no answer names the software behind it, and TRACE repeats nothing', async () => {
  await using server = await startTestServer()
  const { cookie } = await person(server)
  for (const path of ['/healthz', '/api/episodes', '/trpc/auth.me', '/portal', '/oauth/token', '/nothing']) {
    const answer = await rawFetch(server, path, { Cookie: cookie, 'X-Note': 'echo-me' }, 'TRACE')
    expect([403, 404, 405], path).toContain(answer.status)
    expect(answer.text, path).not.toContain('echo-me')
    expect(answer.text, path).not.toContain(cookie)
    const { headers } = await rawFetch(server, path, {})
    expect(
      Object.keys(headers).filter((name) => /^(x-powered-by|server|via)$/.test(name)),
      path,
    ).toEqual([])
  }
})
