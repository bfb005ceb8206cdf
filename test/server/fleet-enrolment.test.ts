import { describe, expect, test } from 'vitest'
import type { EnrolledDevice } from '../../sdk/wire.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'
import { enroll, enrolled, makeToken, nonceOf, said, tokensOf } from '../enrolment-requests.ts'
import { everythingKept } from '../everything-kept.ts'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, otherSecret, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

describe('an enrolled device', () => {
  test('gets a key that is good for it alone, and what the token says its devices are', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { fleet, apiKeys } = portalClient(server, at.owner)
    const group = await fleet.createGroup.mutate({ ...projectOf(at), name: 'cell 2' })
    const { token } = await makeToken(server, at, { type: 'arm', group_id: group.id })
    const made = await enrolled(server, token, 'arm-7', { dsn: 'SN-0042', type: 'toaster' })
    expect(made).toMatchObject({
      client_id: at.organization_id,
      device: {
        ...{ name: 'arm-7', dsn: 'SN-0042', type: 'arm', confirmed: true, status: 'offline' },
        groups: [{ id: group.id, name: 'cell 2' }],
      },
    })
    const beat = `/api/v1/organizations/${at.organization_id}/projects/default/devices/arm-7/heartbeat`
    expect((await sendJson(server, 'POST', beat, made.api_key, {})).status).toBe(200)
    expect((await sendJson(server, 'POST', '/api/ingest/episode', made.api_key, {})).status).toBe(201)
    expect(await fleet.apiKeys.query({ ...projectOf(at), device: 'arm-7' })).toMatchObject({
      items: [{ label: 'arm-7', kind: 'service', device: { name: 'arm-7' }, expires_at: null }],
    })
    expect(made.api_key).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}$/)
    expect(
      (await apiKeys.list.query({ organization_id: at.organization_id })).map(({ label }) => label),
    ).toEqual(['prod robot rig'])
    const events = await server.ctx.db.selectFrom('audit_events').selectAll().orderBy('seq').execute()
    expect(events.map(({ action }) => action).slice(-4)).toEqual([
      ...['enrolment_token.made', 'device.created', 'api_key.minted', 'device.enrolled'],
    ])
    expect(events.at(-1)).toMatchObject({
      ...{ actor_kind: 'anonymous', credential_id: token.slice(4, 14), target: made.device.id },
    })
  })

  test('is the one that its episodes had made known, now confirmed', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await sendJson(server, 'POST', '/api/ingest/episode', at.api_key, { robot: 'arm-7' })
    const { fleet } = portalClient(server, at.owner)
    const [known] = (await fleet.list.query({ ...projectOf(at), confirmed: false })).items
    const { token } = await makeToken(server, at)
    expect((await enrolled(server, token, 'arm-7')).device).toMatchObject({ id: known?.id, confirmed: true })
  })

  test('whose name a confirmed device has is told what to do about it, and costs no use', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await device(server, at)
    const { token, id } = await makeToken(server, at)
    const taken = await enroll(server, token, 'arm-7')
    expect([taken.status, await taken.json()]).toMatchObject([
      409,
      { errors: [{ path: 'name', message: expect.stringContaining('Choose a different one') }] },
    ])
    expect(await tokensOf(server, at)).toMatchObject([{ id, use_count: 0, status: 'live' }])
    await enrolled(server, token, 'arm-8')
  })

  test('has a key that ends when the organization’s policy says', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await server.ctx.db
      .updateTable('organizations')
      .set({ key_days_max: 30 })
      .where('id', '=', at.organization_id)
      .execute()
    const { token } = await makeToken(server, at)
    const { api_key } = await enrolled(server, token, 'arm-7')
    server.clock.advance('31d')
    expect((await server.fetch('/api/whoami', { headers: bearer(api_key) })).status).toBe(401)
  })

  test.each([
    [{ nonce: 'short' }, 'nonce'],
    [{ name: 'a b' }, 'name'],
    [{ nonce: undefined }, 'nonce'],
    [{ dsn: 'x'.repeat(121) }, 'dsn'],
  ])('that sends %j is told which field is wrong', async (rest, path) => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await makeToken(server, at)
    const answer = await enroll(server, token, 'arm-7', rest)
    expect([answer.status, await answer.json()]).toMatchObject([400, { errors: [{ path }] }])
  })
})

describe('asking again', () => {
  test('with the same nonce gives a new key for the same device and costs no use; the lost one ends', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await makeToken(server, at)
    const [lost, kept] = [await enrolled(server, token, 'arm-7'), await enrolled(server, token, 'arm-7')]
    expect(kept.device.id).toBe(lost.device.id)
    const whoami = async ({ api_key }: EnrolledDevice) =>
      (await server.fetch('/api/whoami', { headers: bearer(api_key) })).status
    expect([await whoami(lost), await whoami(kept)]).toEqual([401, 200])
    expect(await tokensOf(server, at)).toMatchObject([{ use_count: 1, uses_max: 1, status: 'used_up' }])
    expect((await enroll(server, token, 'arm-8')).status).toBe(401)
  })

  test('again and again has to wait: six times a minute for each device, whatever its neighbours do', async () => {
    await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '60' })
    const at = await tenant(server)
    const { token } = await makeToken(server, at, { uses: 3 })
    server.clock.advance('1ms')
    const first = await enrolled(server, token, 'arm-7')
    const statuses: number[] = []
    for (let again = 0; again < 6; again++) statuses.push((await enroll(server, token, 'arm-7')).status)
    expect(statuses).toEqual([201, 201, 201, 201, 201, 201])
    const refused = await enroll(server, token, 'arm-7')
    expect(refused.headers.get('retry-after')).toBe('10')
    expect(refused.headers.get('ratelimit-policy')).toBe('"enrolment";q=6;w=60')
    expect(await said(refused)).toMatchObject({ status: 429, code: 'rate_limited', retry_after: 10 })
    const minted = server.ctx.db.selectFrom('api_keys').select('id').where('device_id', '=', first.device.id)
    expect(await minted.execute()).toHaveLength(7)
    expect((await enroll(server, token, 'arm-8')).status).toBe(201)
    server.clock.advance('10s')
    expect((await enroll(server, token, 'arm-7')).status).toBe(201)
    expect((await enroll(server, token, 'arm-7')).status).toBe(429)
    // A token that is no good is told so, not to wait.
    expect((await enroll(server, otherSecret(token), 'arm-7')).status).toBe(401)
  })

  test('with the nonce of another robot is refused: a copied image must not take its neighbour’s place', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await makeToken(server, at, { uses: 5 })
    const { api_key } = await enrolled(server, token, 'arm-7')
    const copied = await enroll(server, token, 'arm-8', { nonce: nonceOf('arm-7') })
    expect([copied.status, await copied.json()]).toMatchObject([409, { errors: [{ path: 'nonce' }] }])
    expect((await server.fetch('/api/whoami', { headers: bearer(api_key) })).status).toBe(200)
    await portalClient(server, at.owner).fleet.remove.mutate({ ...projectOf(at), device: 'arm-7' })
    expect((await enroll(server, token, 'arm-7')).status).toBe(409)
  })

  test('(9) gives nothing to a robot whose key was revoked, rotated or not, while its token is still good', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { apiKeys } = portalClient(server, at.owner)
    const { token } = await makeToken(server, at, { uses: 5 })
    const idOf = ({ api_key }: EnrolledDevice) => api_key.split('_')[1] ?? ''
    await apiKeys.revoke.mutate({ id: idOf(await enrolled(server, token, 'arm-7')) })
    const rotated = await apiKeys.rotate.mutate({
      id: idOf(await enrolled(server, token, 'arm-8')),
      overlap: '24h',
    })
    await apiKeys.revoke.mutate({ id: rotated.api_key.id })
    for (const name of ['arm-7', 'arm-8']) {
      const answer = await enroll(server, token, name)
      expect([answer.status, await answer.json()]).toMatchObject([409, { errors: [{ path: 'nonce' }] }])
    }
    expect(await tokensOf(server, at)).toMatchObject([{ use_count: 2, status: 'live' }])
  })

  test('with the same nonce ends what took the place of the lost key, too', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { apiKeys } = portalClient(server, at.owner)
    const { token } = await makeToken(server, at)
    const first = await enrolled(server, token, 'arm-7')
    const { key } = await apiKeys.rotate.mutate({ id: first.api_key.split('_')[1] ?? '', overlap: '24h' })
    const again = await enrolled(server, token, 'arm-7')
    const whoami = async (text: string) =>
      (await server.fetch('/api/whoami', { headers: bearer(text) })).status
    expect([await whoami(first.api_key), await whoami(key), await whoami(again.api_key)]).toEqual([
      401, 401, 200,
    ])
  })

  test('(17) fifty robots that race for ten uses: exactly ten get in', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await makeToken(server, at, { uses: 10 })
    const robots = Array.from({ length: 50 }, (_, index) => `arm-${index}`)
    const answers = await Promise.all(robots.map((name) => enroll(server, token, name)))
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(10)
    expect(statuses.filter((status) => status === 401)).toHaveLength(40)
    const { fleet } = portalClient(server, at.owner)
    expect((await fleet.list.query(projectOf(at))).total).toBe(10)
    const keys = await server.ctx.db
      .selectFrom('api_keys')
      .select('id')
      .where('device_id', 'is not', null)
      .execute()
    expect(keys).toHaveLength(10)
    expect(await tokensOf(server, at)).toMatchObject([{ use_count: 10 }])
  })

  test('(17) twenty answers lost at once: one device, one use, one live key', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { token } = await makeToken(server, at, { uses: 10 })
    const answers = await Promise.all(Array.from({ length: 20 }, () => enroll(server, token, 'arm-7')))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]))
    const live = await server.ctx.db
      .selectFrom('api_keys')
      .select('id')
      .where('device_id', 'is not', null)
      .where('revoked_at', 'is', null)
      .execute()
    expect(live).toHaveLength(1)
    expect(await tokensOf(server, at)).toMatchObject([{ use_count: 1 }])
  })
})

describe('(9) an enrolment token', () => {
  test('that is wrong, used up, expired, revoked or nobody’s gets one and the same 401', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const used = await makeToken(server, at)
    await enrolled(server, used.token, 'arm-1')
    const expired = await makeToken(server, at, { expires_in: 60 })
    server.clock.advance('2m')
    const revoked = await makeToken(server, at)
    await portalClient(server, at.owner).fleet.revokeEnrolmentToken.mutate({
      ...{ ...projectOf(at), token: revoked.id },
    })
    const good = await makeToken(server, at)
    const texts = [
      ...[used.token, expired.token, revoked.token, otherSecret(good.token), `${good.token}x`],
      ...[good.token.slice(0, -1), makeKey('rte').key, at.api_key, 'rte_', ''],
    ]
    const refusals = []
    for (const text of texts) refusals.push(await said(await enroll(server, text, 'arm-7')))
    expect(new Set(refusals.map((body) => JSON.stringify(body))).size).toBe(1)
    expect(refusals[0]).toMatchObject({ status: 401, detail: 'Could not validate credentials' })
    expect((await tokensOf(server, at)).map(({ status }) => status).sort()).toEqual(
      ['expired', 'live', 'revoked', 'used_up'].sort(),
    )
    const { fleet } = portalClient(server, at.owner)
    expect((await fleet.list.query(projectOf(at))).total).toBe(1)
  })

  test('ends with the right of whoever made it: leaving, being disabled or being no admin any more', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const admin = await member(server, at.organization_id, 'admin')
    const { token } = await makeToken(server, { ...at, owner: admin }, { uses: 10 })
    await enrolled(server, token, 'arm-1')
    const { account_id } = admin.caller
    const membership = server.ctx.db.updateTable('members').where('account_id', '=', account_id)
    await membership.set({ role: 'member' }).execute()
    expect((await enroll(server, token, 'arm-2')).status).toBe(401)
    await membership.set({ role: 'admin' }).execute()
    await enrolled(server, token, 'arm-2')
    const account = server.ctx.db.updateTable('accounts').where('id', '=', account_id)
    await account.set({ disabled_at: server.ctx.now().toISOString() }).execute()
    expect((await enroll(server, token, 'arm-3')).status).toBe(401)
    await account.set({ disabled_at: null }).execute()
    await portalClient(server, at.owner).members.remove.mutate({
      ...{ organization_id: at.organization_id, account_id },
    })
    expect((await enroll(server, token, 'arm-3')).status).toBe(401)
  })

  test('that is wrong costs its network; good ones behind the same address go on', async () => {
    await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '3' })
    const at = await tenant(server)
    const { token } = await makeToken(server, at, { uses: 20 })
    const guess = async () => (await enroll(server, otherSecret(token), 'arm-0')).status
    expect([await guess(), await guess(), await guess(), await guess()]).toEqual([401, 401, 401, 429])
    for (let count = 0; count < 8; count++) await enrolled(server, token, `arm-${count}`)
  })

  test('(1, 60) is kept as a hash, and neither it nor the key it gave is in the files or the log', async () => {
    await using server = await startTestServer({ ROBOTRACE_LOG_LEVEL: 'debug' }, { file: true })
    const at = await tenant(server)
    const { token } = await makeToken(server, at)
    const { api_key } = await enrolled(server, token, 'arm-7')
    await enroll(server, token, 'arm-8')
    const kept = everythingKept(server)
    expect(kept).toContain(token.slice(4, 14))
    for (const secret of [token, api_key]) expect(kept).not.toContain(secret.slice(15))
    expect(kept).not.toContain(nonceOf('arm-7'))
  })
})
