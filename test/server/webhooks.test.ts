import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestServer, TEST_SECRET } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { startProcess } from '../process.ts'
import { bearer, member, tenant } from '../seed.ts'
import {
  message,
  runEpisode,
  serverFor,
  startReceiver,
  tenantWithWebhook,
  verify,
  webhook,
} from '../webhook-receiver.ts'

const settled = (server: Awaited<ReturnType<typeof serverFor>>) => server.ctx.background.drain()

test('an episode that ends is told in an envelope that a Standard Webhooks verifier accepts', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at, hook } = await tenantWithWebhook(server, receiver.url)
  const id = await runEpisode(server, at, 'failed', { name: 'pick', robot: 'arm-7', seed: 7 })
  await settled(server)
  expect(receiver.received).toHaveLength(1)
  const [sent] = receiver.received
  if (!sent) throw new Error('nothing came')
  const told = verify(hook.secret, sent)
  expect(told).toMatchObject({
    type: 'episode.failed',
    org: { id: at.organization_id },
    project: { slug: 'default' },
    data: { episode_id: id, name: 'pick', robot: 'arm-7', seed: 7, status: 'failed' },
    links: { dashboard: expect.stringMatching(new RegExp(`/portal/episodes/${id}$`)) },
  })
  expect(told.id).toBe(sent.headers['webhook-id'])
  expect(sent.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(sent.path).toBe('/hook')
  expect(hook.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
  expect(() => verify(hook.secret, { ...sent, text: sent.text.replace('pick', 'pack') })).toThrow()
})

test('only what is asked for is told, and nothing of another organization', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at } = await tenantWithWebhook(server, receiver.url, ['episode.failed'])
  const other = await tenant(server)
  await runEpisode(server, at, 'ready')
  await runEpisode(server, other, 'failed')
  await settled(server)
  expect(receiver.received).toEqual([])
  await runEpisode(server, at, 'failed')
  await settled(server)
  expect(receiver.received).toHaveLength(1)
})

test('an episode that is finalized twice is told once', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at } = await tenantWithWebhook(server, receiver.url)
  const id = await runEpisode(server, at)
  const again = () =>
    server.fetch(`/api/ingest/episode/${id}/finalize`, {
      method: 'POST',
      headers: { ...bearer(at.api_key), 'Content-Type': 'application/json' },
      body: '{"status":"ready"}',
    })
  expect((await Promise.all([again(), again()])).map(({ status }) => status)).toEqual([200, 200])
  await settled(server)
  expect(receiver.received).toHaveLength(1)
})

test('what happened first arrives first, also within one millisecond', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at } = await tenantWithWebhook(server, receiver.url)
  server.clock.advance('1ms')
  const ids: string[] = []
  for (let run = 0; run < 12; run++) ids.push(await runEpisode(server, at))
  await settled(server)
  expect(receiver.received.map(({ text }) => message.parse(JSON.parse(text)).data.episode_id)).toEqual(ids)
})

test('a receiver that answers slowly holds up nobody else', async () => {
  await using slow = await startReceiver()
  await using quick = await startReceiver(slow.certificate)
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  slow.answer(async () => {
    await held
    return { status: 200 }
  })
  await using server = await serverFor(slow)
  const { at } = await tenantWithWebhook(server, slow.url)
  await webhook(server, at, quick.url)
  for (let run = 0; run < 5; run++) await runEpisode(server, at)
  const done = settled(server)
  await expect.poll(() => quick.received.length, { timeout: 4_000 }).toBe(5)
  // One at a time to each: the other four wait for the first.
  expect(slow.received).toHaveLength(1)
  release()
  await done
  expect(slow.received).toHaveLength(5)
})

test('what fails is tried again, later each time, and given up after eight attempts', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 503, body: 'down for repairs\u0007' })
  await using server = await serverFor(receiver)
  const { at, hook, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  await settled(server)
  expect(receiver.received).toHaveLength(1)
  for (const [wait, early] of [
    ['7s', '4s'],
    ['40s', '29s'],
    ['3m', '1m'],
    ['13m', '9m'],
    ['80m', '59m'],
    ['8h', '5h'],
    ['30h', '23h'],
  ] as const) {
    const before = receiver.received.length
    server.clock.advance(early)
    await settled(server)
    expect(receiver.received, `within ${early}`).toHaveLength(before)
    server.clock.advance(wait)
    await settled(server)
    expect(receiver.received, `after ${wait}`).toHaveLength(before + 1)
    // Signed at the time of the attempt: the verifier refuses what is older than five minutes.
    const sent = receiver.received.at(-1)
    expect(sent && verify(hook.secret, sent).type).toBe('episode.ready')
  }
  expect(receiver.received).toHaveLength(8)
  server.clock.advance('30h')
  await settled(server)
  expect(receiver.received).toHaveLength(8)
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  expect(new Set(receiver.received.map(({ text }) => text)).size).toBe(1)
  const { items } = await portal.webhooks.deliveries.query(address)
  expect(items).toMatchObject([
    {
      status: 'failed',
      attempts: 8,
      response_status: 503,
      response_body: 'down for repairs',
      error: 'It answered 503 instead of 200 to 299.',
      next_attempt_at: null,
    },
  ])
  // Each attempt is told with its own time and answer, not only the last one.
  const { attempt_log } = await portal.webhooks.delivery.query({ ...address, delivery: items[0]?.id ?? '' })
  expect(attempt_log.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  expect(attempt_log[0]).toMatchObject({
    ...{ response_status: 503, response_body: 'down for repairs', duration_ms: expect.any(Number) },
    error: 'It answered 503 instead of 200 to 299.',
  })
  const times = attempt_log.map(({ begun_at }) => begun_at)
  expect(times).toEqual([...new Set(times)].sort())
})

test('a process that dies in the middle of an attempt leaves it to the next one', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  // As the row stands while an attempt is under way: claimed, and the process that claimed it gone.
  await server.ctx.db
    .updateTable('webhook_deliveries')
    .set({
      status: 'pending',
      finished_at: null,
      next_attempt_at: new Date(server.ctx.now().getTime() + 60_000).toISOString(),
    })
    .execute()
  await settled(server)
  expect(receiver.received).toHaveLength(1)
  server.clock.advance('61s')
  await settled(server)
  expect(receiver.received).toHaveLength(2)
  expect(receiver.received[0]?.headers['webhook-id']).toBe(receiver.received[1]?.headers['webhook-id'])
  const { items } = await portal.webhooks.deliveries.query(address)
  expect(items).toMatchObject([{ status: 'delivered', attempts: 2 }])
})

test('a process that is killed in the middle of an attempt loses nothing: the next one sends the same message', async () => {
  await using receiver = await startReceiver()
  const data = mkdtempSync(join(tmpdir(), 'robotrace-killed-'))
  const env = { ROBOTRACE_WEBHOOK_NETWORKS: '127.0.0.1', ROBOTRACE_WEBHOOK_CA: receiver.ca }
  {
    await using server = await startTestServer(env, { file: true, data })
    const { at } = await tenantWithWebhook(server, receiver.url)
    await runEpisode(server, at)
  }
  let release = (): void => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  receiver.answer(async () => {
    await held
    return { status: 200 }
  })
  const before = receiver.received.length
  const killed = startProcess({ ...env, ROBOTRACE_DATA: data, ROBOTRACE_SECRET: TEST_SECRET })
  await killed.until(/RoboTrace \S+ ·/)
  await expect.poll(() => receiver.received.length, { timeout: 15_000 }).toBe(before + 1)
  killed.child.kill('SIGKILL')
  await killed.exit
  release()
  {
    await using server = await startTestServer(env, { file: true, data })
    await settled(server)
    expect(receiver.received).toHaveLength(before + 1)
    server.clock.advance('61s')
    await settled(server)
    expect(receiver.received).toHaveLength(before + 2)
  }
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  rmSync(data, { recursive: true })
})

test('a receiver that answers 410 is left alone, and the admins of its organization hear of it', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 410 })
  await using server = await serverFor(receiver)
  const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
  const admin = await member(server, at.organization_id, 'admin')
  const worker = await member(server, at.organization_id, 'member')
  await runEpisode(server, at)
  await settled(server)
  expect(await portal.webhooks.list.query({ org: at.organization_id })).toMatchObject({
    items: [{ enabled: false, disabled_because: 'gone' }],
  })
  for (const who of [at.owner, admin])
    expect(await portalClient(server, who).notices.list.query()).toMatchObject([
      { kind: 'webhook_disabled', detail: { because: 'gone', webhook_id: address.webhook } },
    ])
  expect(await portalClient(server, worker).notices.list.query()).toEqual([])
  const told = server.ctx.db.selectFrom('audit_events').selectAll().where('action', '=', 'webhook.disabled')
  expect(await told.execute()).toMatchObject([
    {
      ...{ target: address.webhook, organization_id: at.organization_id, actor_kind: 'anonymous' },
      detail: JSON.stringify({ host: new URL(receiver.url).host, because: 'gone' }),
    },
  ])
  await runEpisode(server, at)
  await settled(server)
  expect(receiver.received).toHaveLength(1)
  await expect(portal.webhooks.test.mutate(address)).rejects.toThrow('This webhook is disabled.')
})

test('a webhook that nothing has reached for five days is disabled; enabling starts anew', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 500 })
  await using server = await serverFor(receiver)
  const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  server.clock.advance('119h')
  await runEpisode(server, at)
  await settled(server)
  const [before] = (await portal.webhooks.list.query({ org: at.organization_id })).items
  expect(before).toMatchObject({ enabled: true, failing_since: expect.any(String) })
  server.clock.advance('2h')
  await settled(server)
  const [after] = (await portal.webhooks.list.query({ org: at.organization_id })).items
  expect(after).toMatchObject({ enabled: false, disabled_because: 'failures' })
  const { items } = await portal.webhooks.deliveries.query(address)
  expect(items.map(({ status }) => status)).toEqual(['failed', 'failed'])
  receiver.answer({ status: 200 })
  expect(await portal.webhooks.change.mutate({ ...address, enabled: true })).toMatchObject({
    enabled: true,
    failing_since: null,
  })
  await runEpisode(server, at)
  await settled(server)
  expect((await portal.webhooks.deliveries.query(address)).items[0]?.status).toBe('delivered')
})

test('after a rotation both secrets sign for a day, then the new one alone', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at, hook, portal, address } = await tenantWithWebhook(server, receiver.url)
  const { secret } = await portal.webhooks.rotateSecret.mutate(address)
  expect(secret).not.toBe(hook.secret)
  await runEpisode(server, at)
  await settled(server)
  const [first] = receiver.received
  if (!first) throw new Error('nothing came')
  expect(first.headers['webhook-signature']?.split(' ')).toHaveLength(2)
  for (const one of [secret, hook.secret]) expect(verify(one, first).type).toBe('episode.ready')
  server.clock.advance('25h')
  const later = (await portalClient(server, at.owner).webhooks.list.query({ org: at.organization_id })).items
  expect(later).toMatchObject([{ old_secret_until: null }])
  await runEpisode(server, at)
  await settled(server)
  const second = receiver.received[1]
  if (!second) throw new Error('nothing came')
  expect(verify(secret, second).type).toBe('episode.ready')
  expect(() => verify(hook.secret, second)).toThrow()
})

test('(1) the secret is in the answer that made it, and nowhere else: not in the list, the log or the database', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at, hook, portal, address } = await tenantWithWebhook(server, receiver.url)
  const { secret } = await portal.webhooks.rotateSecret.mutate(address)
  await runEpisode(server, at)
  await settled(server)
  const rows = await Promise.all(
    (['webhooks', 'webhook_deliveries', 'audit_events', 'outbox'] as const).map((table) =>
      server.ctx.db.selectFrom(table).selectAll().execute(),
    ),
  )
  const everywhere = [
    JSON.stringify(rows),
    JSON.stringify(await portal.webhooks.list.query({ org: at.organization_id })),
    server.log(),
  ].join('\n')
  expect(everywhere).toContain(address.webhook)
  for (const text of [hook.secret, secret]) expect(everywhere).not.toContain(text.slice(6))
})

test('the test button sends a message of type test to one webhook, whatever it asks for', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { hook, portal, address } = await tenantWithWebhook(server, receiver.url, ['key.revoked'])
  const sent = await portal.webhooks.test.mutate(address)
  expect(sent).toMatchObject({ type: 'test', status: 'pending' })
  await settled(server)
  const [got] = receiver.received
  if (!got) throw new Error('nothing came')
  expect(verify(hook.secret, got)).toMatchObject({ type: 'test', data: { webhook_id: hook.id } })
  const [logged] = (await portal.webhooks.deliveries.query(address)).items
  expect(logged).toMatchObject({ id: sent.id, status: 'delivered', response_status: 204, attempts: 1 })
  expect(logged?.body).toBe(got.text)
})

test('redelivering sends the same bytes under the same webhook-id, with a signature of now', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { at, hook, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  const [delivery] = (await portal.webhooks.deliveries.query(address)).items
  server.clock.advance('1h')
  await portal.webhooks.redeliver.mutate({ ...address, delivery: delivery?.id ?? '' })
  await expect(
    portal.webhooks.redeliver.mutate({ ...address, delivery: delivery?.id ?? '' }),
  ).rejects.toThrow('on its way already')
  await settled(server)
  const [first, second] = receiver.received
  if (!first || !second) throw new Error('nothing came')
  expect(second.text).toBe(first.text)
  expect(second.headers['webhook-id']).toBe(first.headers['webhook-id'])
  expect(second.headers['webhook-timestamp']).not.toBe(first.headers['webhook-timestamp'])
  expect(verify(hook.secret, second).type).toBe('episode.ready')
  expect((await portal.webhooks.deliveries.query(address)).items).toMatchObject([
    { attempts: 2, status: 'delivered' },
  ])
})

test('what came of the latest 16 attempts of a message is kept, whoever asked for them', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { portal, address } = await tenantWithWebhook(server, receiver.url)
  const { id: delivery } = await portal.webhooks.test.mutate(address)
  await settled(server)
  for (let again = 2; again <= 18; again++) {
    receiver.answer({ status: again === 18 ? 200 : 201, body: `answer ${again}` })
    await portal.webhooks.redeliver.mutate({ ...address, delivery })
    await settled(server)
  }
  const { attempts, attempt_log } = await portal.webhooks.delivery.query({ ...address, delivery })
  expect(attempts).toBe(18)
  expect(attempt_log.map(({ number }) => number)).toEqual(Array.from({ length: 16 }, (_, i) => i + 3))
  expect(attempt_log.at(-2)).toMatchObject({ response_status: 201, response_body: 'answer 17', error: null })
  const there = { ...address, delivery: 'del_00000000000000000000' }
  await expect(portal.webhooks.delivery.query(there)).rejects.toThrow('No such delivery.')
})

test('the log goes on from page to page, latest first, and forgets after 30 days', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const { portal, address } = await tenantWithWebhook(server, receiver.url)
  const made: string[] = []
  for (let n = 0; n < 5; n++) made.unshift((await portal.webhooks.test.mutate(address)).id)
  await settled(server)
  const seen: string[] = []
  let cursor: string | undefined
  do {
    const page = await portal.webhooks.deliveries.query({
      ...address,
      page_size: 2,
      ...(cursor ? { cursor } : {}),
    })
    seen.push(...page.items.map(({ id }) => id))
    cursor = page.next_cursor ?? undefined
  } while (cursor)
  expect(seen).toEqual(made)
  const pageOf = (wish: object) => portal.webhooks.deliveries.query({ ...address, page_size: 2, ...wish })
  expect(await pageOf({})).toMatchObject({ total: 5, page: 1, page_size: 2 })
  const second = await pageOf({ page: 2 })
  expect(second.items.map(({ id }) => id)).toEqual(made.slice(2, 4))
  expect(await pageOf({ cursor: second.next_cursor ?? '' })).toMatchObject({ total: 5, page: null })
  expect(await pageOf({ page: 3 })).toMatchObject({ items: [{ id: made[4] }], next_cursor: null })
  expect(await pageOf({ page: 1_000_000 })).toMatchObject({ items: [], total: 5, next_cursor: null })
  server.clock.advance('31d')
  await settled(server)
  const counts = server.ctx.db.selectFrom('webhook_delivery_counts').selectAll()
  expect(await counts.execute()).toEqual([{ webhook_id: address.webhook, n: 0 }])
  for (const table of ['webhook_deliveries', 'webhook_attempts'] as const)
    expect(await server.ctx.db.selectFrom(table).selectAll().execute()).toEqual([])
})

test('removing a webhook ends what was still to be delivered', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 500 })
  await using server = await serverFor(receiver)
  const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  await portal.webhooks.remove.mutate(address)
  server.clock.advance('10m')
  await settled(server)
  expect(receiver.received).toHaveLength(1)
  expect((await portal.webhooks.list.query({ org: at.organization_id })).items).toEqual([])
  await expect(portal.webhooks.deliveries.query(address)).rejects.toThrow('No such webhook.')
})

test('an organization has at most 20 webhooks, listed oldest first, page by page', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  for (let n = 0; n < 20; n++) {
    await webhook(server, at, `https://hooks.example.com/${n}`)
    if (n === 0) server.clock.advance('1s')
  }
  await expect(webhook(server, at, 'https://hooks.example.com/21')).rejects.toThrow('at most 20 webhooks')
  const { list } = portalClient(server, at.owner).webhooks
  const urls = async (wish: object) => {
    const { items, ...facts } = await list.query({ org: at.organization_id, ...wish })
    return { of: items.map(({ url }) => url.slice('https://hooks.example.com/'.length)), ...facts }
  }
  const all = await urls({})
  expect(all.of[0]).toBe('0')
  expect(all).toMatchObject({ total: 20, page: 1, next_cursor: null })
  const second = await urls({ page: 2, page_size: 6 })
  expect(second).toMatchObject({ of: all.of.slice(6, 12), total: 20, page: 2, page_size: 6 })
  const third = await urls({ cursor: second.next_cursor ?? '', page_size: 6 })
  expect(third).toMatchObject({ of: all.of.slice(12, 18), total: 20, page: null })
})

test('what is done to a webhook stands in the audit trail, with its host and not its whole address', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const host = `127.0.0.1:${receiver.port}`
  const { at, portal, address } = await tenantWithWebhook(server, `https://${host}/T00/secret-path`)
  await portal.webhooks.change.mutate({ ...address, description: 'on call', enabled: false })
  await portal.webhooks.rotateSecret.mutate(address)
  await portal.webhooks.change.mutate({ ...address, enabled: true })
  const { id, message_id } = await portal.webhooks.test.mutate(address)
  await settled(server)
  await portal.webhooks.redeliver.mutate({ ...address, delivery: id })
  await portal.webhooks.remove.mutate(address)
  const { items } = await portal.audit.list.query({
    organization_id: at.organization_id,
    action: 'webhook',
  })
  expect(items.map(({ action }) => action)).toEqual([
    'webhook.removed',
    'webhook.redelivered',
    'webhook.tested',
    'webhook.changed',
    'webhook.secret_rotated',
    'webhook.changed',
    'webhook.created',
  ])
  expect(JSON.stringify(items)).not.toContain('secret-path')
  expect(items.slice(1, 3)).toMatchObject([
    { detail: { type: 'test', message_id }, actor: { id: at.owner.caller.account_id } },
    { detail: { message_id }, target: { name: host } },
  ])
  expect(items.at(-1)).toMatchObject({
    target: { name: host },
    detail: { host },
  })
})
