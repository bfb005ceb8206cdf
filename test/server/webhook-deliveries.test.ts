import { expect, test } from 'vitest'
import {
  runEpisode,
  serverFor,
  settled,
  startReceiver,
  tenantWithWebhook,
  verify,
} from '../webhook-receiver.ts'

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

test('a message that waits for its next attempt is delivered now when somebody asks, and one that is due is not', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 503 })
  await using server = await serverFor(receiver)
  const { at, portal, address } = await tenantWithWebhook(server, receiver.url)
  await runEpisode(server, at)
  await settled(server)
  const [first] = (await portal.webhooks.deliveries.query(address)).items
  const again = () => portal.webhooks.redeliver.mutate({ ...address, delivery: first?.id ?? '' })
  await expect(again()).rejects.toThrow('on its way already: it is tried within a minute.')
  for (const wait of ['7s', '40s', '3m'] as const) {
    server.clock.advance(wait)
    await settled(server)
  }
  expect(receiver.received).toHaveLength(4)
  receiver.answer({ status: 200 })
  expect(await again()).toMatchObject({ status: 'pending', next_attempt_at: server.ctx.now().toISOString() })
  await settled(server)
  expect(receiver.received).toHaveLength(5)
  expect((await portal.webhooks.deliveries.query(address)).items).toMatchObject([
    { status: 'delivered', attempts: 5 },
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
