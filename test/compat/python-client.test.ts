import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { answerOf, rawRequest } from '../raw-request.ts'
import { tenant } from '../seed.ts'

/**
 * The requests of the stock Python client 0.3.0, header for header as it sends them, and the rules by which it reads
 * the answers: any 2xx that is a JSON object is success, `error` must be a text, a status below 400 on the upload
 * counts as stored.
 */
const SDK = { 'User-Agent': 'robotrace-python/0.3.0', 'X-RoboTrace-SDK-Version': '0.3.0' }

interface Answer {
  status: number
  headers: string
  body: Record<string, unknown>
}

async function call(
  url: string,
  method: string,
  headers: Record<string, string | number>,
  body = '',
): Promise<Answer> {
  const sent = await rawRequest(url, method, { ...headers, Connection: 'close' })
  sent.write(body)
  const [head = '', text = ''] = split(await answerOf(sent))
  const parsed: unknown = text.startsWith('{') ? JSON.parse(text) : {}
  // Split and parsed above; each test says what it must hold.
  return { status: Number(head.slice(9, 12)), headers: head, body: parsed as Record<string, unknown> }
}

function split(answer: string): string[] {
  const at = answer.indexOf('\r\n\r\n')
  return [answer.slice(0, at), answer.slice(at + 4)]
}

function postJson(server: TestServer, path: string, key: string, body: string): Promise<Answer> {
  const headers = {
    'Accept-Encoding': 'gzip, deflate',
    ...SDK,
    Authorization: `Bearer ${key}`,
    Accept: 'application/json',
    'Content-Length': Buffer.byteLength(body),
    'Content-Type': 'application/json',
  }
  return call(`${server.url}${path}`, 'POST', headers, body)
}

/** As httpx 0.28 writes a body: compact UTF-8. */
const CREATE =
  '{"source":"real","name":"pick_and_place v3 · é","robot":"halcyon-bimanual-01","policy_version":"pap-v3.2.1","env_version":"lab-a","git_sha":"abc1234","seed":8124,"fps":30,"metadata":{"task":"pick"},"request_uploads":["video","sensors","actions"]}'

async function created(
  server: TestServer,
  key: string,
): Promise<{ id: string; urls: { kind: string; url: string }[] }> {
  const { status, body } = await postJson(server, '/api/ingest/episode', key, CREATE)
  expect(status).toBe(201)
  expect(body).toMatchObject({ status: 'recording', storage: 'r2' })
  // The client refuses an entry without url.
  return { id: String(body.episode_id), urls: body.upload_urls as { kind: string; url: string }[] }
}

describe('the stock Python client', () => {
  test('logs an episode in its three steps', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, urls } = await created(server, api_key)
    expect(urls.map(({ kind }) => kind)).toEqual(['video', 'sensors', 'actions'])
    let total = 0
    for (const { kind, url } of urls) {
      const bytes = `the bytes of ${kind}`
      total += bytes.length
      const type = kind === 'video' ? 'video/mp4' : 'application/octet-stream'
      const headers = {
        'Accept-Encoding': 'gzip, deflate',
        ...SDK,
        Accept: '*/*',
        'Content-Type': type,
        'Content-Length': bytes.length,
      }
      expect((await call(url, 'PUT', headers, bytes)).status).toBe(200)
    }
    const done = await postJson(
      server,
      `/api/ingest/episode/${id}/finalize`,
      api_key,
      `{"status":"ready","duration_s":12.4,"fps":30,"bytes_total":${total},"metadata":{"task":"pick"}}`,
    )
    expect(done).toMatchObject({ status: 200, body: { episode_id: id, status: 'ready', bytes_total: total } })
    expect(done.body.updated_at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  })

  test('asks for three slots by default, fills one and finalizes', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, urls } = await created(server, api_key)
    const headers = { ...SDK, Accept: '*/*', 'Content-Type': 'video/mp4', 'Content-Length': 5 }
    expect((await call(urls[0]?.url ?? '', 'PUT', headers, 'video')).status).toBe(200)
    const done = await postJson(
      server,
      `/api/ingest/episode/${id}/finalize`,
      api_key,
      '{"status":"ready","bytes_total":5}',
    )
    expect(done).toMatchObject({
      status: 200,
      body: { status: 'ready', missing_uploads: ['sensors', 'actions'] },
    })
  })

  test('leaves a with-block by an exception: only the reason is sent, the context stays', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id } = await created(server, api_key)
    const path = `/api/ingest/episode/${id}/finalize`
    const body = '{"status": "failed", "metadata": {"failure_reason": "ValueError: gr\\u00fcn"}}'
    expect((await postJson(server, path, api_key, body)).status).toBe(200)
    const { body: episode } = await call(`${server.url}/api/episodes/${id}`, 'GET', {
      ...SDK,
      Authorization: `Bearer ${api_key}`,
      Accept: 'application/json',
    })
    expect(episode.metadata).toEqual({ task: 'pick', failure_reason: 'ValueError: grün' })
  })

  test('reads an artifact by following the redirect with its key and Accept: application/json', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, urls } = await created(server, api_key)
    const put = { ...SDK, Accept: '*/*', 'Content-Type': 'application/octet-stream', 'Content-Length': 3 }
    await call(urls[2]?.url ?? '', 'PUT', put, 'npz')
    const headers = { ...SDK, Authorization: `Bearer ${api_key}`, Accept: 'application/json' }
    const redirect = await call(`${server.url}/api/episodes/${id}/artifact/actions`, 'GET', headers)
    expect(redirect.status).toBe(302)
    const location = /^location: (\S+)/im.exec(redirect.headers)?.[1] ?? ''
    const sent = await rawRequest(location, 'GET', { ...headers, Connection: 'close' })
    expect(await answerOf(sent)).toMatch(/^HTTP\/1.1 200 .*\r\n\r\nnpz$/s)
    expect((await call(`${server.url}/api/episodes/${id}/artifact/sensors`, 'GET', headers)).status).toBe(404)
  })

  test('shows the sentence of every refusal, NaN from older httpx included', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const refusals = [
      [
        400,
        postJson(server, '/api/ingest/episode', api_key, '{"source": "real", "metadata": {"reward": NaN}}'),
      ],
      [401, postJson(server, '/api/ingest/episode', `${api_key}x`, '{}')],
      [404, postJson(server, '/api/ingest/episode/ep_never/finalize', api_key, '{"status":"ready"}')],
    ] as const
    for (const [status, asked] of refusals) {
      const answer = await asked
      expect(answer.status).toBe(status)
      expect(answer.body.error).toMatch(/\S+ \S+/)
      expect(answer.headers).toMatch(/^content-type: application\/json/im)
    }
    expect((await refusals[0][1]).body.error).toContain('metadata.reward')
  })
})
