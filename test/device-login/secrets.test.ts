import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openSealed, publicKeyOf, seal } from '../../server/device-login/sealed-key.ts'
import { makeUserCode, normalizeUserCode, USER_CODE_ALPHABET } from '../../server/device-login/user-code.ts'
import { everythingKept } from '../everything-kept.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { approve, auditTrail, pageOf, poll, post, start } from './login.ts'

test('(1, 60) at no step of a login do disk or log hold the key, the device_code or the live user code', async () => {
  await using server = await startTestServer({}, { file: true })
  const lab = await tenant(server)
  const login = await start(server)
  const bare = login.user_code.replace('-', '')
  const look = (step: string, secrets: string[]): void => {
    const kept = everythingKept(server)
    for (const secret of secrets) expect(kept.includes(secret), `${step}: ${secret.slice(0, 4)}…`).toBe(false)
  }
  const secrets = [login.device_code, login.user_code, bare]
  look('started', secrets)
  await poll(server, login.device_code)
  look('polled', secrets)
  await pageOf(server, lab.owner).claim.mutate(login)
  look('claimed', secrets)
  await approve(server, lab, login)
  look('approved', secrets)
  const { api_key = '' } = await poll(server, login.device_code)
  // The label shows the code from now on, as promised: it opens nothing any more.
  look('consumed', [login.device_code, api_key, api_key.slice(14)])
  const listed = await portalClient(server, lab.owner).apiKeys.list.query(lab)
  expect(listed[0]?.label).toBe(`robotrace-cli (${login.user_code})`)
  const row = await server.ctx.db.selectFrom('device_logins').selectAll().executeTakeFirstOrThrow()
  expect(row).toMatchObject({ status: 'consumed', sealed_key: null, sealed_secret: null })
})

test('the sealed key opens with its own device_code and login only', async () => {
  const [own, other] = ['1'.repeat(43), '2'.repeat(43)]
  const content = { api_key: 'rt_key', user_code: 'XKDF-PQ4N' }
  const sealed = await seal(await publicKeyOf(own), 'dl_1', content)
  expect(await openSealed(own, 'dl_1', sealed)).toEqual(content)
  await expect(openSealed(other, 'dl_1', sealed)).rejects.toThrow()
  await expect(openSealed(own, 'dl_2', sealed)).rejects.toThrow()
  const sealed_key = sealed.sealed_key.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))
  await expect(openSealed(own, 'dl_1', { ...sealed, sealed_key })).rejects.toThrow()
})

test('(3) a user code is kept keyed: neither it nor a plain hash of it finds the row', async () => {
  await using server = await startTestServer()
  const { user_code } = await start(server)
  const { user_code_hmac } = await server.ctx.db
    .selectFrom('device_logins')
    .selectAll()
    .executeTakeFirstOrThrow()
  for (const text of [user_code, user_code.replace('-', '')]) {
    for (const encoding of ['hex', 'base64url'] as const) {
      expect(user_code_hmac).not.toBe(createHash('sha256').update(text).digest(encoding))
    }
  }
})

test('D16 user codes are eight symbols of the alphabet, each as likely as the others', () => {
  const counts = new Map([...USER_CODE_ALPHABET].map((symbol) => [symbol, 0]))
  for (let i = 0; i < 6000; i++) {
    for (const symbol of makeUserCode()) counts.set(symbol, (counts.get(symbol) ?? Number.NaN) + 1)
  }
  const expected = (6000 * 8) / 24
  // Eight standard deviations: a fair generator does not come near it.
  for (const [symbol, count] of counts)
    expect(Math.abs(count - expected), symbol).toBeLessThan(8 * Math.sqrt(expected))
})

test('D17 typing is forgiven what cannot matter and nothing else', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...USER_CODE_ALPHABET), { minLength: 8, maxLength: 8 }),
      fc.constantFrom(' ', '-', '.', 'o', '1', ''),
      (symbols, noise) => {
        expect(normalizeUserCode(symbols.join(noise).toLowerCase())).toBe(symbols.join(''))
      },
    ),
  )
  for (const text of ['', 'XKDF-PQ4', 'XKDF-PQ4NN', '0000-0000', 'x'.repeat(10_000)])
    expect(normalizeUserCode(text)).toBe(undefined)
})

test('(74) every step is in the audit trail, in order, with who and where', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const login = await start(server)
  await approve(server, lab, login)
  await poll(server, login.device_code)
  await poll(server, login.device_code)
  const second = await start(server)
  await pageOf(server, lab.owner).claim.mutate(second)
  await pageOf(server, lab.owner).refuse.mutate(second)
  expect(await auditTrail(server)).toEqual([
    'device_login.started',
    'device_login.claimed',
    'device_login.approved',
    'device_login.consumed',
    'device_login.replayed',
    'device_login.started',
    'device_login.claimed',
    'device_login.refused',
  ])
  const approved = await server.ctx.db
    .selectFrom('audit_events')
    .selectAll()
    .where('action', '=', 'device_login.approved')
    .executeTakeFirstOrThrow()
  expect(approved).toMatchObject({
    actor_kind: 'person',
    actor_id: lab.owner.caller.account_id,
    organization_id: lab.organization_id,
    ip: '127.0.0.1',
  })
})

test('(75) the audit trail only grows: rows are neither changed nor deleted', async () => {
  await using server = await startTestServer()
  await start(server)
  await expect(server.ctx.db.updateTable('audit_events').set({ ip: '0.0.0.0' }).execute()).rejects.toThrow(
    /append-only/,
  )
  await expect(server.ctx.db.deleteFrom('audit_events').execute()).rejects.toThrow(/append-only/)
})

test('generated start and poll bodies never break the server, nor anything they send', async () => {
  await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
  const member = fc.oneof(fc.string({ unit: 'binary' }), fc.jsonValue())
  let from = 0
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('start', 'poll'),
      fc.dictionary(fc.constantFrom('user_agent', 'hostname', 'device_code', '__proto__', 'other'), member),
      async (path, body) => {
        const answer = await post(server, `/api/cli/auth/${path}`, body, `10.0.${from >> 8}.${from++ & 255}`)
        expect([200, 400, 404]).toContain(answer.status)
      },
    ),
    { numRuns: 200 },
  )
})
