import { describe, expect, test } from 'vitest'
import { SCHEMA_VERSION } from '../../server/db/open.ts'
import { VERSION } from '../../server/project.ts'
import { startTestServer } from '../harness.ts'
import { bearer, tenant } from '../seed.ts'

const UPDATE = 'x-robotrace-client-update'

describe('GET /api/version', () => {
  test('says to anybody what this server is, and nothing else', async () => {
    await using server = await startTestServer()
    const answer = await server.fetch('/api/version')
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ version: VERSION, schema: SCHEMA_VERSION, client_min: '0.1.0' })
  })
})

describe('a client of ours that is older by a minor version', () => {
  const told = async (agent: string, path = '/api/version') => {
    await using server = await startTestServer()
    const headers = { 'User-Agent': agent, 'X-RoboTrace-SDK-Version': '0.0.1' }
    return (await server.fetch(path, { headers })).headers.get(UPDATE)
  }

  test.each(['robotrace-js/0.1.0', 'robotrace-js/0.1.99 node/20.15.0 linux/x64', 'robotrace-js/0.0.1'])(
    '%s hears which one to update to',
    async (agent) => {
      expect(await told(agent)).toBe(VERSION)
      expect(await told(agent, '/api/whoami'), 'refusals say so as well').toBe(VERSION)
    },
  )

  test.each([
    ['of this version', `robotrace-js/${VERSION} node/24`],
    ['newer', 'robotrace-js/0.99.0 node/24'],
    ['newer', 'robotrace-js/1.0.0 node/24'],
    ['the Python client, whose versions are a line of their own', 'robotrace-python/0.3.0'],
    ['the Python client, long ago', 'robotrace-python/0.0.1'],
    ['a browser', 'Mozilla/5.0 (X11; Linux x86_64) robotrace-js/0.1.0'],
    ['no version at all', 'robotrace-js/dev'],
  ])('and none that is %s (%s)', async (_, agent) => {
    expect(await told(agent)).toBeNull()
  })

  test('is answered as ever, however old: nothing that was recorded is lost', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const answer = await server.fetch('/api/ingest/episode', {
      method: 'POST',
      headers: { ...bearer(api_key), 'Content-Type': 'application/json', 'User-Agent': 'robotrace-js/0.0.1' },
      body: JSON.stringify({ name: 'pick_and_place v3' }),
    })
    expect(answer.status).toBe(201)
    expect(answer.headers.get(UPDATE)).toBe(VERSION)
  })
})
