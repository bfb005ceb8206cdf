import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer as createTcp } from 'node:net'
import { expect, test, vi } from 'vitest'
import { createReceivers } from '../../server/webhooks/receivers.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { type Receiver, startReceiver } from '../webhook-receiver.ts'

/** A sender that trusts the receiver; `networks` are what the operator allows. */
function sender(receiver: Receiver, resolve: (host: string) => Promise<string[]>, networks = ['127.0.0.1']) {
  return createReceivers({ networks, ca: receiver.ca, resolve })
}

const loopback = async () => ['127.0.0.1']

test('(59) the address that was checked is the one that is connected to, whatever the name says the next time', async () => {
  await using receiver = await startReceiver()
  const answers = [['127.0.0.1'], ['127.0.0.2'], ['::1']]
  const asked: string[] = []
  const receivers = sender(receiver, async (host) => {
    asked.push(host)
    return answers.shift() ?? ['127.0.0.3']
  })
  const answer = await receivers.post(`https://hooks.test:${receiver.port}/hook`, {}, '{}')
  expect(answer.status).toBe(204)
  expect(asked).toEqual(['hooks.test'])
  expect(receiver.received[0]?.headers.host).toBe(`hooks.test:${receiver.port}`)
  // The name leads elsewhere by now, and that is looked at again.
  await expect(receivers.post(`https://hooks.test:${receiver.port}/hook`, {}, '{}')).rejects.toThrow(
    'hooks.test leads to an address that is not public',
  )
  expect(receiver.received).toHaveLength(1)
})

test.each([
  ['127.0.0.1'],
  ['::1'],
  ['169.254.169.254'],
  ['::ffff:7f00:1'],
  ['64:ff9b::7f00:1'],
  ['10.0.0.5'],
  ['100.64.0.1'],
  ['0.0.0.0'],
])('(59) a name that leads to %s is not connected to, and the address is not told', async (address) => {
  await using receiver = await startReceiver()
  const receivers = sender(receiver, async () => [address], [])
  const refused = receivers.post(`https://hooks.example.com:${receiver.port}/`, {}, '{}')
  await expect(refused).rejects.toThrow(/leads to an address that is not public.*ROBOTRACE_WEBHOOK_NETWORKS/)
  await expect(refused).rejects.not.toThrow(address)
  expect(receiver.received).toEqual([])
})

test('(59) one private address among public ones is enough to refuse', async () => {
  await using receiver = await startReceiver()
  const receivers = sender(receiver, async () => ['127.0.0.1', '10.0.0.5'])
  await expect(receivers.post(`https://hooks.test:${receiver.port}/`, {}, '{}')).rejects.toThrow('not public')
  expect(receiver.received).toEqual([])
})

test('(59) a redirect is not followed, wherever it leads', async () => {
  await using receiver = await startReceiver()
  await using inside = await startReceiver(receiver.certificate)
  for (const status of [301, 302, 303, 307, 308]) {
    receiver.answer({ status, headers: { Location: inside.url } })
    expect(await sender(receiver, loopback).post(receiver.url, {}, '{}')).toMatchObject({ status })
  }
  expect(receiver.received).toHaveLength(5)
  expect(inside.received).toEqual([])
})

test('(59) the certificate must be trusted and for that name, also when the environment says otherwise', async () => {
  await using receiver = await startReceiver()
  vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
  try {
    const untrusting = createReceivers({ networks: ['127.0.0.1'], ca: undefined, resolve: loopback })
    await expect(untrusting.post(receiver.url, {}, '{}')).rejects.toThrow(
      /certificate.*DEPTH_ZERO_SELF_SIGNED/,
    )
    const misnamed = sender(receiver, loopback).post(`https://other.test:${receiver.port}/`, {}, '{}')
    await expect(misnamed).rejects.toThrow(/certificate.*ERR_TLS_CERT_ALTNAME_INVALID/)
  } finally {
    vi.unstubAllEnvs()
  }
  expect(receiver.received).toEqual([])
})

test('(59) a proxy of the environment is not used', async () => {
  await using receiver = await startReceiver()
  let asked = 0
  const proxy = createServer((_request, response) => {
    asked += 1
    response.end()
  }).on('connect', (_request, socket) => {
    asked += 1
    socket.end()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  // What listens on TCP has an address of this form.
  const { port } = proxy.address() as AddressInfo
  for (const name of ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'ALL_PROXY'])
    vi.stubEnv(name, `http://127.0.0.1:${port}`)
  vi.stubEnv('NODE_USE_ENV_PROXY', '1')
  try {
    expect((await sender(receiver, loopback).post(receiver.url, {}, '{}')).status).toBe(204)
  } finally {
    vi.unstubAllEnvs()
    await new Promise((resolve) => proxy.close(resolve))
  }
  expect(asked).toBe(0)
})

test('(59) an answer is read up to 1 MB, and its beginning is kept as text', async () => {
  await using receiver = await startReceiver()
  receiver.answer({ status: 200, body: Buffer.alloc(8 * 1024 * 1024, 'a') })
  const { status, body } = await sender(receiver, loopback).post(receiver.url, {}, '{}')
  expect([status, body]).toEqual([200, 'a'.repeat(1_000)])
  receiver.answer({ status: 500, body: 'a\u001b[31m\u202eb\u0000<script>' })
  expect((await sender(receiver, loopback).post(receiver.url, {}, '{}')).body).toBe('a [31m b <script>')
})

test('(59) nobody is waited for longer than five seconds: neither a name server nor a receiver', async () => {
  await using receiver = await startReceiver()
  const silent = createTcp(() => {})
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
  // What listens on TCP has an address of this form.
  const { port } = silent.address() as AddressInfo
  const never = new Promise<string[]>(() => {})
  const late = 'did not answer within 5 seconds'
  await Promise.all([
    expect(
      sender(receiver, () => never).post(receiver.url.replace('127.0.0.1', 'hooks.test'), {}, '{}'),
    ).rejects.toThrow(late),
    expect(sender(receiver, loopback).post(`https://127.0.0.1:${port}/`, {}, '{}')).rejects.toThrow(late),
  ])
  silent.close()
})

test('(59) what cannot be sent to is refused when it is written down, with the field and the fix', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const portal = portalClient(server, at.owner)
  const org = at.organization_id
  const good = await portal.webhooks.create.mutate({
    ...{ org, url: 'https://hooks.example.com/', events: ['key.minted'] },
  })
  for (const url of [
    'http://hooks.example.com/',
    'https://127.0.0.1/',
    'https://localhost:8443/hook',
    'https://gitlab.internal/',
    'https://a:b@hooks.example.com/',
  ]) {
    const changed = portal.webhooks.change.mutate({ org, webhook: good.webhook.id, url })
    await expect(changed).rejects.toThrow(/^url: must/)
    const refused = portal.webhooks.create.mutate({ org, url, events: ['key.minted'] })
    await expect(refused).rejects.toThrow(/^url: must/)
    await expect(refused).rejects.toMatchObject({ data: { problem: { errors: [{ path: 'url' }] } } })
  }
  expect((await portal.webhooks.list.query({ org })).items).toEqual([good.webhook])
})
