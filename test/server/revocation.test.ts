import { Agent, request } from 'node:http'
import { describe, expect, test } from 'vitest'
import { put, signedGet, start, videoSlot, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'

/** One status over a connection that stays open. */
function ask(server: TestServer, key: string, agent: Agent): Promise<{ status: number; port: number }> {
  return new Promise((resolve, reject) => {
    const sent = request(`${server.url}/api/episodes`, { agent, headers: bearer(key) }, (answer) => {
      const port = answer.socket.localPort ?? 0
      answer.resume().once('end', () => resolve({ status: answer.statusCode ?? 0, port }))
    })
    sent.once('error', reject)
    sent.end()
  })
}

describe('a revoked key', () => {
  test('(16) is refused by the next request on the connection it is using', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, owner } = await tenant(server)
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const before = await ask(server, api_key, agent)
    await portalClient(server, owner).apiKeys.revoke.mutate({ id: api_key_id })
    const after = await ask(server, api_key, agent)
    agent.destroy()
    expect([before.status, after.status]).toEqual([200, 401])
    expect(after.port).toBe(before.port)
  })

  test('(16) takes the links it was given with it, for uploads and for reading', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, owner } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const { id } = await withVideo(server, api_key, 'frames')
    const link = await signedGet(server, api_key, id)
    expect((await fetch(link)).status).toBe(200)
    await portalClient(server, owner).apiKeys.revoke.mutate({ id: api_key_id })
    expect((await put(url, 'frames')).status).toBe(403)
    expect((await fetch(link)).status).toBe(403)
  })

  test('(17) is never brought back by requests that were on their way', async () => {
    await using server = await startTestServer()
    const { api_key, api_key_id, owner } = await tenant(server)
    const asking = Array.from({ length: 60 }, () =>
      server.fetch('/api/episodes', { headers: bearer(api_key) }),
    )
    const revoking = portalClient(server, owner).apiKeys.revoke.mutate({ id: api_key_id })
    const answers = await Promise.all(asking)
    await revoking
    await server.ctx.background.drain()
    for (const { status } of answers) expect([200, 401]).toContain(status)
    const late = await Promise.all(
      Array.from({ length: 20 }, () => server.fetch('/api/episodes', { headers: bearer(api_key) })),
    )
    expect(late.map(({ status }) => status)).toEqual(Array(20).fill(401))
    await expect(start(server, api_key)).rejects.toThrow('answered 401')
  })
})
