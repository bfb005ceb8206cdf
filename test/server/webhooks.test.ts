import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, tenant } from '../seed.ts'
import {
  message,
  runEpisode,
  serverFor,
  settled,
  startReceiver,
  tenantWithWebhook,
  verify,
  webhook,
} from '../webhook-receiver.ts'

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
