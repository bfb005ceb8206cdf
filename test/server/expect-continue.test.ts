import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { VIDEO, videoSlot } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

/** Sends the body only when it is asked for it, as `Expect: 100-continue` promises. */
async function politely(
  url: string,
  method: string,
  { headers, body }: { headers: Record<string, string | number>; body: string },
): Promise<{ status: number | undefined; asked: boolean; body: string }> {
  const sent = request(url, { method, headers: { ...headers, Expect: '100-continue' } })
  let asked = false
  sent.once('continue', () => {
    asked = true
    sent.end(body)
  })
  sent.flushHeaders()
  const [response]: IncomingMessage[] = await once(sent, 'response')
  if (!response) throw new Error('no answer')
  const answer = { status: response.statusCode, asked, body: await text(response) }
  sent.destroy()
  return answer
}

describe('a sender that waits to be asked for its body', () => {
  test('is asked when the upload is accepted', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const headers = { ...VIDEO, 'Content-Length': 5 }
    const answer = await politely(url, 'PUT', { headers, body: 'video' })
    expect(answer).toMatchObject({ status: 200, asked: true })
    expect(JSON.parse(answer.body).size_bytes).toBe(5)
  })

  test('is asked for a JSON body', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const headers = { ...bearer(api_key), 'Content-Type': 'application/json', 'Content-Length': 2 }
    const answer = await politely(`${server.url}/api/ingest/episode`, 'POST', { headers, body: '{}' })
    expect(answer).toMatchObject({ status: 201, asked: true })
    const signIn = { headers: { 'Content-Type': 'application/json', 'Content-Length': 2 }, body: '{}' }
    expect(await politely(`${server.url}/trpc/auth.signIn`, 'POST', signIn)).toMatchObject({
      status: 400,
      asked: true,
    })
  })

  test.each([
    [413, { ROBOTRACE_MAX_UPLOAD: '1000' }, VIDEO],
    [415, {}, { 'Content-Type': 'video/webm' }],
    [507, { ROBOTRACE_MIN_FREE: '900TB' }, VIDEO],
  ])('is refused with %i without being asked', async (status, env, headers) => {
    await using server = await startTestServer(env)
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const refused = { headers: { ...headers, 'Content-Length': 1001 }, body: 'x'.repeat(1001) }
    const answer = await politely(url, 'PUT', refused)
    expect(answer).toMatchObject({ status, asked: false })
    expect(JSON.parse(answer.body).status).toBe(status)
  })

  test('is told that a JSON body is too large without being asked', async () => {
    await using server = await startTestServer()
    const headers = { 'Content-Type': 'application/json', 'Content-Length': 5_000_000 }
    const answer = await politely(`${server.url}/api/cli/auth/start`, 'POST', { headers, body: '' })
    expect(answer).toMatchObject({ status: 413, asked: false })
  })
})
