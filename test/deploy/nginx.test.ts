import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:http2'
import { text } from 'node:stream/consumers'
import { connect as tls } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { EpisodeDetail } from '../../sdk/wire.ts'
import { filesOf, VIDEO } from '../episode-requests.ts'
import { bearer, PASSWORD } from '../seed.ts'
import { answerTo, ask, NAME, open } from './https-request.ts'
import { behindNginx } from './proxy.ts'
import { JSON_BODY, MIB, sha256, slot, stored } from './recordings.ts'

describe('uploads through nginx', () => {
  test('reach the server while they are still being sent, and arrive whole', async () => {
    await using behind = await behindNginx()
    const bytes = randomBytes(64 * MIB)
    const { id, path } = await slot(behind)
    const sent = open(behind, path, { method: 'PUT', headers: { ...VIDEO, 'Content-Length': bytes.length } })
    const answer = answerTo(sent)
    sent.write(bytes.subarray(0, 4 * MIB))
    await expect
      .poll(async () => (await filesOf(behind.server)).map((file) => statSync(file).size)[0] ?? 0)
      .toBeGreaterThan(3 * MIB)
    sent.end(bytes.subarray(4 * MIB))
    expect(JSON.parse(String((await answer).body))).toMatchObject({
      size_bytes: bytes.length,
      sha256: sha256(bytes),
    })
    const read = await ask(behind, `/api/episodes/${id}`, { headers: bearer(behind.lab.api_key) })
    const { artifacts }: EpisodeDetail = JSON.parse(String(read.body))
    expect(artifacts).toMatchObject([{ kind: 'video', size_bytes: bytes.length }])
    // What signs a link stands behind the question mark.
    expect(behind.accessLog()).toContain(`"PUT ${path.split('?')[0]}" 200`)
    expect(behind.accessLog()).not.toMatch(/\?|sig/)
  })

  test('that are refused before they end tell their sender why', async () => {
    await using behind = await behindNginx()
    const { path } = await slot(behind)
    const length = { ...VIDEO, 'Content-Length': 64 * MIB }
    const sent = open(
      behind,
      path.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      {
        ...{ method: 'PUT', headers: length },
      },
    )
    const answer = answerTo(sent)
    sent.write(randomBytes(8 * MIB))
    const { status, body } = await answer
    sent.destroy()
    expect({ status, code: JSON.parse(String(body)).code }).toEqual({ status: 403, code: 'bad_signature' })
  })

  test('that wait to be asked for their bytes are asked', async () => {
    await using behind = await behindNginx()
    const { path } = await slot(behind)
    const sent = open(behind, path, {
      ...{ method: 'PUT', headers: { ...VIDEO, 'Content-Length': 5, Expect: '100-continue' } },
    })
    const answer = answerTo(sent)
    sent.flushHeaders()
    await once(sent, 'continue')
    sent.end('video')
    expect((await answer).status).toBe(200)
  })

  test('over HTTP/2 arrive whole', async () => {
    await using behind = await behindNginx()
    const bytes = randomBytes(16 * MIB)
    const { path } = await slot(behind)
    const session = connect(behind.url, {
      createConnection: ({ port }) =>
        tls({
          host: '127.0.0.1',
          port: Number(port),
          servername: NAME,
          ca: behind.ca,
          ALPNProtocols: ['h2'],
        }),
    })
    const stream = session.request({
      ...{ ':method': 'PUT', ':path': path, 'content-type': 'video/mp4', 'content-length': bytes.length },
    })
    stream.end(bytes)
    expect(JSON.parse(await text(stream))).toMatchObject({ sha256: sha256(bytes) })
    session.close()
  })
})

describe('downloads through nginx', () => {
  test('of a range get just those bytes', async () => {
    await using behind = await behindNginx()
    const bytes = randomBytes(4 * MIB)
    const path = await stored(behind, bytes)
    const part = await ask(behind, path, { headers: { Range: 'bytes=1000000-1999999' } })
    expect(part.status).toBe(206)
    expect(part.headers['content-range']).toBe(`bytes 1000000-1999999/${bytes.length}`)
    expect(part.body.equals(bytes.subarray(1_000_000, 2_000_000))).toBe(true)
    const whole = await ask(behind, path)
    expect(whole.status).toBe(200)
    expect(sha256(whole.body)).toBe(sha256(bytes))
  })

  test('are sent as fast as they are read, and pile up nowhere', async () => {
    await using behind = await behindNginx()
    const path = await stored(behind, randomBytes(64 * MIB))
    const sent = open(behind, path, { method: 'GET' })
    const begun = once(sent, 'response')
    sent.end()
    const [response]: IncomingMessage[] = await begun
    expect(response?.statusCode).toBe(200)
    // Time for a proxy that would take all of it.
    expect((await ask(behind, path)).body).toHaveLength(64 * MIB)
    sent.destroy()
    // The server had not sent all of it to anybody when the reader went away.
    await expect.poll(() => behind.server.log()).toMatch(/"method":"GET"[^}]+"aborted":true/)
  })
})

describe('(22) behind nginx', () => {
  const CLAIMS = ['198.51.100.7', '203.0.113.9, 198.51.100.7', '127.0.0.1', 'unknown']

  test('the network that pays for failures is the one that connects, whatever it claims', async () => {
    await using behind = await behindNginx({ ROBOTRACE_RATE_LIMIT: '4' })
    const knock = async (from: string, claim: string): Promise<number> => {
      const headers = { ...bearer('rt_nobody'), 'X-Forwarded-For': claim, Forwarded: `for=${claim}` }
      return (await ask(behind, '/api/episodes', { from, headers })).status
    }
    const first: number[] = []
    for (const claim of [...CLAIMS, '192.0.2.1']) first.push(await knock('127.0.0.2', claim))
    expect(first).toEqual([401, 401, 401, 401, 429])
    expect(await knock('127.0.0.3', '127.0.0.2')).toBe(401)
  })

  test('the trail tells of the address that connected', async () => {
    await using behind = await behindNginx()
    for (const claim of CLAIMS) {
      await ask(behind, '/api/v1/auth/login', {
        ...{ method: 'POST', from: '127.0.0.2', headers: { ...JSON_BODY, 'X-Forwarded-For': claim } },
        body: JSON.stringify({ email: behind.lab.owner.email, password: 'wrong' }),
      })
    }
    const events = await behind.server.ctx.db
      .selectFrom('audit_events')
      .select(['ip', 'user_agent'])
      .where('action', 'like', '%sign_in%')
      .execute()
    expect(events.length).toBeGreaterThanOrEqual(CLAIMS.length)
    expect(new Set(events.map(({ ip }) => ip))).toEqual(new Set(['127.0.0.2']))
  })
})

describe('signing in through nginx', () => {
  test('works from the page itself alone, with cookies for https alone', async () => {
    await using behind = await behindNginx()
    const body = JSON.stringify({ email: behind.lab.owner.email, password: PASSWORD })
    const signIn = (headers: Record<string, string>) =>
      ask(behind, '/trpc/auth.signIn', { method: 'POST', headers: { ...JSON_BODY, ...headers }, body })
    expect((await signIn({ Origin: 'https://evil.example' })).status).toBe(403)
    expect((await signIn({ Host: 'evil.example', Origin: behind.url })).status).toBe(421)
    const { status, headers } = await signIn({ Origin: behind.url })
    expect(status).toBe(200)
    const cookies = headers['set-cookie'] ?? []
    expect(cookies.length).toBeGreaterThan(0)
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-.*; HttpOnly; Secure; SameSite=Lax$/)
    const Cookie = cookies.map((cookie) => cookie.split(';')[0]).join('; ')
    const me = await ask(behind, '/trpc/auth.me', { headers: { Cookie } })
    expect(String(me.body)).toContain(behind.lab.owner.email)
  })

  test('plain http is sent to https, method and body kept', async () => {
    await using behind = await behindNginx()
    const headers = { Host: NAME }
    const sent = get({ host: '127.0.0.1', port: behind.plain_port, path: '/login?next=%2Fepisodes', headers })
    const [response]: IncomingMessage[] = await once(sent, 'response')
    response?.resume()
    expect(response?.statusCode).toBe(308)
    expect(response?.headers.location).toBe(`https://${NAME}/login?next=%2Fepisodes`)
  })
})
