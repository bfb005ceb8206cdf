import { expect, test } from 'vitest'
import { z } from 'zod'
import { handleLeaks } from '../../server/leaked-keys/leaked-keys.ts'
import { poll, start } from '../device-login/login.ts'
import { device } from '../fleet-requests.ts'
import { everywhereKey, personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, tenant } from '../seed.ts'
import { message, type Received, serverFor, startReceiver, tenantWithWebhook } from '../webhook-receiver.ts'

/** Every way in which a key comes to be or ends is told, and nothing of it is secret. */
async function world() {
  const receiver = await startReceiver()
  const server = await serverFor(receiver)
  const made = await tenantWithWebhook(server, receiver.url, ['key.minted', 'key.revoked'])
  await server.ctx.background.drain()
  receiver.received.length = 0
  return { receiver, server, ...made }
}

function told(received: Received[]) {
  return received.map(({ text }) => {
    const { type, data } = message.parse(JSON.parse(text))
    return { type, key_id: data.key_id, because: data.because }
  })
}

test('a key that is minted, rotated, revoked by a person and by itself', async () => {
  const { receiver, server, at, portal } = await world()
  await using _receiver = receiver
  await using _server = server
  const { organization_id } = at
  const { key, api_key } = await portal.apiKeys.mint.mutate({ organization_id, label: 'ci' })
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([{ type: 'key.minted', key_id: api_key.id, because: 'minted' }])
  const first = message.parse(JSON.parse(receiver.received[0]?.text ?? ''))
  expect(first).toMatchObject({
    project: null,
    data: { key_prefix: key.slice(0, 13), label: 'ci', kind: 'service', scopes: expect.any(Array) },
  })
  receiver.received.length = 0

  const rotated = await portal.apiKeys.rotate.mutate({ id: api_key.id, overlap: '24h' })
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([
    { type: 'key.minted', key_id: rotated.api_key.id, because: 'minted' },
    { type: 'key.revoked', key_id: api_key.id, because: 'rotated' },
  ])
  const ended = message.parse(JSON.parse(receiver.received[1]?.text ?? ''))
  expect(ended.data).toMatchObject({ rotated_to: rotated.api_key.id, ends_at: expect.any(String) })
  receiver.received.length = 0

  await portal.apiKeys.revoke.mutate({ id: api_key.id })
  await server.fetch('/api/cli/auth/revoke', { method: 'POST', headers: bearer(rotated.key) })
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([
    { type: 'key.revoked', key_id: api_key.id, because: 'revoked' },
    { type: 'key.revoked', key_id: rotated.api_key.id, because: 'revoked' },
  ])
  for (const { text } of receiver.received) expect(text).not.toContain(rotated.key.slice(14))
})

test('keys that end with their device, and with the membership of their owner', async () => {
  const { receiver, server, at, portal } = await world()
  await using _receiver = receiver
  await using _server = server
  const robot = await device(server, at)
  const leaver = await member(server, at.organization_id, 'member')
  const personal = await personalKey(server, leaver, at.organization_id)
  await server.ctx.background.drain()
  receiver.received.length = 0
  await portal.fleet.remove.mutate({ org: at.organization_id, project: 'default', device: 'arm-7' })
  await portal.members.remove.mutate({
    organization_id: at.organization_id,
    account_id: leaver.caller.account_id,
  })
  await server.ctx.background.drain()
  expect(told(receiver.received)).toMatchObject([
    { type: 'key.revoked', key_id: robot.key.slice(3, 13), because: 'its device was removed' },
    { type: 'key.revoked', key_id: personal.id, because: 'its owner left the organization' },
  ])
})

test('the key that a terminal gets when its login is picked up', async () => {
  const { receiver, server, at, portal } = await world()
  await using _receiver = receiver
  await using _server = server
  const login = await start(server)
  await portal.deviceLogin.claim.mutate({ user_code: login.user_code })
  const { user_code } = login
  await portal.deviceLogin.approve.mutate({ user_code, organization_id: at.organization_id })
  await server.ctx.background.drain()
  expect(receiver.received).toEqual([])
  const { api_key = '' } = await poll(server, login.device_code)
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([
    { type: 'key.minted', key_id: api_key.slice(3, 13), because: 'device login' },
  ])
})

test('a key that a scanner found in public, where the organization wants that to end it', async () => {
  const { receiver, server, at, portal } = await world()
  await using _receiver = receiver
  await using _server = server
  const { organization_id, api_key: token, api_key_id } = at
  const leak = { token, type: 'robotrace_api_key', url: 'https://github.example/octo/robot' }
  const from = { ip: '127.0.0.1', user_agent: 'scanner', request_id: '' }
  await portal.keyPolicy.set.mutate({ organization_id, key_days_max: null, leaked_keys: 'notify' })
  await handleLeaks(server.ctx, [leak], from)
  await server.ctx.background.drain()
  expect(receiver.received).toEqual([])
  await portal.keyPolicy.set.mutate({ organization_id, key_days_max: null, leaked_keys: 'revoke' })
  await handleLeaks(server.ctx, [leak], from)
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([{ type: 'key.revoked', key_id: api_key_id, because: 'leaked' }])
})

test('what belongs to a person everywhere is told to no organization', async () => {
  const { receiver, server, at } = await world()
  await using _receiver = receiver
  await using _server = server
  const { key } = await everywhereKey(server, at.owner, 'laptop')
  await server.fetch('/api/cli/auth/revoke', { method: 'POST', headers: bearer(key) })
  await server.ctx.background.drain()
  expect(receiver.received).toEqual([])
})

test('nobody is written an event for who does not ask: the outbox stays empty', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const at = await tenant(server)
  const portal = portalClient(server, at.owner)
  await portal.apiKeys.mint.mutate({ organization_id: at.organization_id, label: 'ci' })
  const { n } = await server.ctx.db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll<number>().as('n'))
    .executeTakeFirstOrThrow()
  expect(n).toBe(0)
})

test('the key of a robot that enrols, what ends when it enrols again, and that it fell silent', async () => {
  await using receiver = await startReceiver()
  await using server = await serverFor(receiver)
  const events = ['key.minted', 'key.revoked', 'device.offline'] as const
  const { at, portal } = await tenantWithWebhook(server, receiver.url, [...events])
  const { token } = await portal.fleet.makeEnrolmentToken.mutate({
    ...{ org: at.organization_id, project: 'default', label: 'cell 2' },
  })
  const enrol = async () => {
    const answer = await server.fetch('/api/v1/devices/enroll', {
      method: 'POST',
      headers: { ...bearer(token), 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: 'arm-9', nonce: '0123456789abcdef0123456789abcdef' }),
    })
    return z.looseObject({ api_key: z.string() }).parse(await answer.json()).api_key
  }
  const first = await enrol()
  const second = await enrol()
  await server.ctx.background.drain()
  expect(told(receiver.received)).toEqual([
    { type: 'key.minted', key_id: first.slice(3, 13), because: 'minted' },
    { type: 'key.revoked', key_id: first.slice(3, 13), because: 'its device enrolled again' },
    { type: 'key.minted', key_id: second.slice(3, 13), because: 'minted' },
  ])
  expect(message.parse(JSON.parse(receiver.received[0]?.text ?? '')).project).toMatchObject({
    slug: 'default',
  })
  receiver.received.length = 0
  const beaten = await server.fetch(
    `/api/v1/organizations/${at.organization_id}/projects/default/devices/arm-9/heartbeat`,
    {
      method: 'POST',
      headers: { ...bearer(second), 'Content-Type': 'application/json' },
      body: '{}',
    },
  )
  expect(beaten.status).toBe(200)
  await server.ctx.background.drain()
  server.clock.advance('2m')
  await server.ctx.background.drain()
  await server.ctx.background.drain()
  const [offline] = receiver.received.map(({ text }) => message.parse(JSON.parse(text)))
  expect(receiver.received).toHaveLength(1)
  expect(offline).toMatchObject({
    type: 'device.offline',
    project: { slug: 'default' },
    data: { name: 'arm-9', status: 'offline', last_heartbeat: expect.any(String) },
  })
})
