import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, type Tenant, tenant } from '../seed.ts'

const folder = mkdtempSync(join(tmpdir(), 'robotrace-scanner-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const scanner = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const stranger = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const NAME = 'f9525bf080f75b35'
const ROBOTRACE_SCANNING_KEYS = join(folder, 'keys.json')
writeFileSync(
  ROBOTRACE_SCANNING_KEYS,
  JSON.stringify({
    public_keys: [
      {
        key_identifier: NAME,
        key: scanner.publicKey.export({ type: 'spki', format: 'pem' }),
        is_current: true,
      },
    ],
  }),
)

interface Sent {
  by?: KeyObject
  name?: string
  signature?: string
}

function report(
  server: TestServer,
  body: string,
  { by = scanner.privateKey, name = NAME, signature }: Sent = {},
) {
  return server.fetch('/api/secret-scanning/alerts', {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'Github-Public-Key-Identifier': name,
      'Github-Public-Key-Signature': signature ?? sign('sha256', Buffer.from(body), by).toString('base64'),
    },
    body,
  })
}

function alertOf(...tokens: string[]): string {
  const url = 'https://github.example/octo/robot/blob/main/.env'
  return JSON.stringify(tokens.map((token) => ({ token, type: 'robotrace_api_key', url, source: 'content' })))
}

async function works(server: TestServer, key: string): Promise<number> {
  return (await server.fetch('/api/whoami', { headers: bearer(key) })).status
}

async function leakEvents(server: TestServer, lab: Tenant) {
  return server.ctx.db
    .selectFrom('audit_events')
    .select(['detail', 'organization_id', 'actor_kind'])
    .where('action', '=', 'api_key.leaked')
    .where('target', '=', lab.api_key_id)
    .execute()
}

describe('POST /api/secret-scanning/alerts', () => {
  test('a key published at a thousand addresses is told of a few times, not a thousand', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    const lab = await tenant(server)
    const token = lab.api_key
    const found = Array.from({ length: 300 }, (_, nth) => ({
      token,
      type: 'robotrace_api_key',
      url: `https://github.example/octo/${nth}`,
      source: 'content',
    }))
    expect((await report(server, JSON.stringify(found))).status).toBe(200)
    expect(await leakEvents(server, lab)).toHaveLength(5)
  })

  test('(73) a signed alert revokes the key, tells its maker and answers which were real', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    const lab = await tenant(server)
    const unknown = makeKey().key
    const answer = await report(server, alertOf(lab.api_key, unknown, 'nonsense'))
    expect(answer.status).toBe(200)
    const hash = (text: string) => createHash('sha256').update(text).digest('hex')
    const token_type = 'robotrace_api_key'
    expect(await answer.json()).toEqual([
      { token_hash: hash(lab.api_key), token_type, label: 'true_positive' },
      { token_hash: hash(unknown), token_type, label: 'false_positive' },
      { token_hash: hash('nonsense'), token_type, label: 'false_positive' },
    ])
    expect(await works(server, lab.api_key)).toBe(401)
    const [event, ...more] = await leakEvents(server, lab)
    expect(more).toEqual([])
    expect(event).toMatchObject({ organization_id: lab.organization_id, actor_kind: 'anonymous' })
    expect(JSON.parse(event?.detail ?? '')).toMatchObject({ outcome: 'revoked', source: 'content' })
    const notices = await portalClient(server, lab.owner).notices.list.query()
    expect(notices).toMatchObject([
      {
        kind: 'api_key_leaked',
        detail: { api_key_id: lab.api_key_id, label: 'prod robot rig', outcome: 'revoked' },
      },
    ])
    expect(server.log()).not.toContain(lab.api_key.slice(14))
  })

  test('(73) the same alert again changes nothing: one event, one notice, the same answer', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    const lab = await tenant(server)
    const answers = []
    for (let round = 0; round < 3; round++) {
      answers.push(await (await report(server, alertOf(lab.api_key, lab.api_key))).json())
    }
    expect(answers[1]).toEqual(answers[0])
    expect(answers[2]).toEqual(answers[0])
    expect(await leakEvents(server, lab)).toHaveLength(1)
    expect(await portalClient(server, lab.owner).notices.list.query()).toHaveLength(1)
  })

  test('(73) an organization that wants to be told only keeps its key; a personal rbtk_ key always ends', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    const lab = await tenant(server)
    const { organization_id } = lab
    const portal = portalClient(server, lab.owner)
    await portal.keyPolicy.set.mutate({ organization_id, key_days_max: null, leaked_keys: 'notify' })
    const personal = await portal.apiKeys.mintPersonal.mutate({ label: 'laptop' })
    for (let round = 0; round < 2; round++) await report(server, alertOf(lab.api_key, personal.key))
    expect([await works(server, lab.api_key), await works(server, personal.key)]).toEqual([200, 401])
    const notices = await portal.notices.list.query()
    expect(notices.map(({ detail }) => detail.outcome).sort()).toEqual(['notified', 'revoked'])
  })

  test('(73) without the scanner’s signature nothing is looked at, and nobody learns whether a key is real', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    const lab = await tenant(server)
    const body = alertOf(lab.api_key)
    const good = sign('sha256', Buffer.from(body), scanner.privateKey).toString('base64')
    const refusals = await Promise.all([
      report(server, body, { by: stranger.privateKey }),
      report(server, body, { name: 'another' }),
      report(server, body, { signature: '' }),
      report(server, body, { signature: 'AAAA' }),
      report(server, `${body} `, { signature: good }),
      report(server, alertOf(makeKey().key), { signature: good }),
      report(server, '{', { by: stranger.privateKey }),
      report(server, '', { by: stranger.privateKey }),
    ])
    const bodies = await Promise.all(
      refusals.map(async (answer) => (await answer.text()).replace(/req_\w+/, '')),
    )
    expect(refusals.map(({ status }) => status)).toEqual(refusals.map(() => 401))
    expect(new Set(bodies).size).toBe(1)
    expect(await works(server, lab.api_key)).toBe(200)
    expect(await leakEvents(server, lab)).toEqual([])
  })

  test('a key of another curve or kind does not sign alerts, whatever the list says', async () => {
    const odd = join(folder, 'odd.json')
    const pairs = [
      generateKeyPairSync('ec', { namedCurve: 'secp256k1' }),
      generateKeyPairSync('rsa', { modulusLength: 2048 }),
    ]
    const public_keys = pairs.map(({ publicKey }, at) => ({
      key_identifier: `odd-${at}`,
      key: publicKey.export({ type: 'spki', format: 'pem' }),
      is_current: true,
    }))
    writeFileSync(odd, JSON.stringify({ public_keys }))
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS: odd })
    const lab = await tenant(server)
    for (const [at, { privateKey }] of pairs.entries()) {
      const answer = await report(server, alertOf(lab.api_key), { by: privateKey, name: `odd-${at}` })
      expect(answer.status).toBe(401)
    }
    expect(await works(server, lab.api_key)).toBe(200)
  })

  test('a signed body that is no list of findings is a 400; without a list of keys there is no such address', async () => {
    await using server = await startTestServer({ ROBOTRACE_SCANNING_KEYS })
    for (const body of ['{', '{}', '[1]', '[{"token": 5, "type": "x"}]']) {
      expect((await report(server, body)).status).toBe(400)
    }
    expect(await (await report(server, '[]')).json()).toEqual([])
    await using plain = await startTestServer()
    expect((await report(plain, '[]')).status).toBe(404)
  })
})
