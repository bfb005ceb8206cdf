import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { revokeApiKey } from '../../server/api-keys/api-keys.ts'
import { makeKey, parseKey } from '../../server/api-keys/key-format.ts'
import { verifyApiKey } from '../../server/api-keys/verify.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, otherSecret, tenant } from '../seed.ts'

const NOWHERE = { ip: '127.0.0.1', user_agent: 'test', request_id: '' }

test('(2) of a key the table has ten public characters, 64 of a hash, and no column for more', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const row = await server.ctx.db.selectFrom('api_keys').selectAll().executeTakeFirstOrThrow()
  expect(row.id).toBe(lab.api_key.slice(3, 13))
  expect(row.secret_hash).toMatch(/^[0-9a-f]{64}$/)
  expect(Object.keys(row).filter((column) => /secret|start|plain|text/.test(column))).toEqual(['secret_hash'])
  expect(JSON.stringify(row)).not.toContain(lab.api_key.slice(14, 24))
})

test('(8) unknown id, wrong secret and revoked take the same time: the middle of 5,000 calls differs by less than 50 µs', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { key, api_key } = await portalClient(server, lab.owner).apiKeys.mint.mutate({
    organization_id: lab.organization_id,
    label: 'x',
  })
  await revokeApiKey(server.ctx, lab.owner.caller, api_key.id)
  const kinds = [makeKey().key, otherSecret(lab.api_key), key].map((text) => {
    const parsed = parseKey(text)
    if (!parsed) throw new TypeError('not a key')
    return { parsed, times: new Float64Array(5_000) }
  })
  for (let round = 0; round < 5_000; round++) {
    for (const { parsed, times } of kinds) {
      const began = performance.now()
      expect(await verifyApiKey(server.ctx, parsed, NOWHERE)).toBeUndefined()
      times[round] = performance.now() - began
    }
  }
  const medians = kinds.map(({ times }) => times.sort()[2_500] ?? 0)
  expect(Math.max(...medians) - Math.min(...medians)).toBeLessThan(0.05)
})

test('(10) a mistyped key is refused without a look into the database; a right checksum alone opens nothing', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const reads = vi.spyOn(server.ctx.db, 'executeQuery')
  const status = async (key: string) => (await server.fetch('/api/episodes', { headers: bearer(key) })).status
  const typed = `${lab.api_key.slice(0, -1)}${lab.api_key.endsWith('x') ? 'y' : 'x'}`
  expect(await status(typed)).toBe(401)
  expect(await status(`rbtk${typed.slice(2)}`)).toBe(401)
  expect(reads).not.toHaveBeenCalled()
  expect(await status(otherSecret(lab.api_key))).toBe(401)
  expect(reads).toHaveBeenCalledTimes(1)
})

describe('(11) whatever is presented', () => {
  test('is read without throwing, and is a key only if it is one', () => {
    const { key } = makeKey('rbtk')
    const near = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme', maxLength: 70 }).map((text) => `rt_${text}`),
      fc
        .tuple(fc.nat(key.length), fc.string({ maxLength: 3 }))
        .map(([at, text]) => key.slice(0, at) + text + key.slice(at)),
      fc.constantFrom(
        'rt_٠١٢٣٤٥٦٧٨٩_',
        `${key}_`,
        key.toUpperCase(),
        `\u0000${key}`,
        key.repeat(200),
        `${key} `,
      ),
    )
    fc.assert(
      fc.property(near, (text) => {
        if (text !== key) expect(parseKey(text)).toBeUndefined()
      }),
      { numRuns: 2_000 },
    )
  })

  test('in another place than a header, or as a cookie, it is not read', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    for (const path of [`/api/whoami?api_key=${api_key}`, `/api/whoami?access_token=${api_key}`]) {
      expect((await server.fetch(path)).status).toBe(401)
    }
    const Cookie = `api_key=${api_key}; robotrace_session=${api_key}`
    expect((await server.fetch('/api/whoami', { headers: { Cookie } })).status).toBe(401)
    expect(server.log()).not.toContain(api_key.slice(14))
  })
})

test('(16) revoked between two requests on one kept-alive connection: the second is 401', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ports: (number | undefined)[] = []
  const ask = () =>
    new Promise<number | undefined>((resolve, reject) => {
      const sent = request(`${server.url}/api/whoami`, { agent, headers: bearer(lab.api_key) }, (answer) => {
        ports.push(answer.socket.localPort)
        answer.resume().once('end', () => resolve(answer.statusCode))
      })
      sent.once('error', reject).end()
    })
  expect(await ask()).toBe(200)
  await portalClient(server, lab.owner).apiKeys.revoke.mutate({ id: lab.api_key_id })
  expect(await ask()).toBe(401)
  agent.destroy()
  expect(new Set(ports).size).toBe(1)
})

test('(78) a copy of the data folder, started elsewhere, keeps revoked keys revoked and live ones alive', async () => {
  const copy = mkdtempSync(join(tmpdir(), 'robotrace-restored-'))
  const keys = await (async () => {
    await using server = await startTestServer({}, { file: true })
    const lab = await tenant(server)
    const live = await portalClient(server, lab.owner).apiKeys.mint.mutate({
      organization_id: lab.organization_id,
      label: 'live',
    })
    await portalClient(server, lab.owner).apiKeys.revoke.mutate({ id: lab.api_key_id })
    cpSync(server.data, copy, { recursive: true, filter: (path) => !path.endsWith('.lock') })
    return { revoked: lab.api_key, live: live.key }
  })()
  try {
    await using restored = await startTestServer({}, { file: true, data: copy })
    const status = async (key: string) =>
      (await restored.fetch('/api/whoami', { headers: bearer(key) })).status
    expect([await status(keys.revoked), await status(keys.live)]).toEqual([401, 200])
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})
