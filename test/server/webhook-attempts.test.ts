import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestServer, TEST_SECRET } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { startProcess } from '../process.ts'
import { member } from '../seed.ts'
import {
  runEpisode,
  serverFor,
  settled,
  startReceiver,
  tenantWithWebhook,
  verify,
} from '../webhook-receiver.ts'

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
