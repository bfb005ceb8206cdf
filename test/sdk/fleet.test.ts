import { afterEach, describe, expect, test, vi } from 'vitest'
import { AuthError, Client, ConfigurationError, ConflictError, enrollDevice } from '../../sdk/mod.ts'
import type { EnrolledDevice } from '../../sdk/wire.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { otherSecret, type Tenant, tenant } from '../seed.ts'

afterEach(() => void vi.useRealTimers())

async function tokenOf(server: TestServer, at: Tenant, uses = 1): Promise<string> {
  const { fleet } = portalClient(server, at.owner)
  const made = await fleet.makeEnrolmentToken.mutate({ ...projectOf(at), label: 'cell 2', uses })
  return made.token
}

const clientOf = (server: TestServer, { api_key }: { api_key: string }) =>
  new Client({ api_key, base_url: server.url, verbose: false })

describe('enrollDevice', () => {
  test('needs no key, and its answer makes a client', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await tokenOf(server, at)
    const made = await enrollDevice({ token, base_url: server.url, name: 'arm-7', dsn: 'SN-0042' })
    expect(made).toMatchObject({ client_id: at.organization_id, device: { name: 'arm-7', dsn: 'SN-0042' } })
    expect(await clientOf(server, made).heartbeat()).toMatchObject({ id: made.device.id, status: 'online' })
  })

  test('asks again when the answer is lost, and the token pays once', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await tokenOf(server, at)
    const lost: EnrolledDevice[] = []
    const made = await enrollDevice({
      ...{ token, base_url: server.url, name: 'arm-7' },
      fetch: async (...call) => {
        const answer = await fetch(...call)
        if (lost.length > 0) return answer
        lost.push((await answer.json()) as EnrolledDevice)
        throw new TypeError('socket hang up')
      },
    })
    expect(made.device.id).toBe(lost[0]?.device.id)
    expect(made.api_key).not.toBe(lost[0]?.api_key)
    const { items } = await portalClient(server, at.owner).fleet.enrolmentTokens.query(projectOf(at))
    expect(items).toMatchObject([{ use_count: 1 }])
  })

  test('says which of its reasons it was, and never shows the token', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await tokenOf(server, at, 5)
    const enroll = (text: string, name: string) =>
      enrollDevice({ token: text, base_url: server.url, name }).catch((error: unknown) => error)
    expect(await enroll(`${token.slice(0, -1)}_`, 'arm-1')).toBeInstanceOf(ConfigurationError)
    expect(await enroll(at.api_key, 'arm-1')).toBeInstanceOf(ConfigurationError)
    const refused = await enroll(otherSecret(token), 'arm-1')
    expect(refused).toBeInstanceOf(AuthError)
    await enroll(token, 'arm-1')
    const taken = await enroll(token, 'arm-1')
    expect(taken).toBeInstanceOf(ConflictError)
    for (const error of [refused, taken]) expect(JSON.stringify(error)).not.toContain(token.slice(15, 40))
    expect(() => clientOf(server, { api_key: token })).toThrow('is an enrolment token')
  })
})

describe('heartbeats', () => {
  test('go on while metrics fail and the server is away, tell of it, and end when disposed', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { api_key } = await enrollDevice({
      token: await tokenOf(server, at),
      base_url: server.url,
      name: 'arm-7',
    })
    const trouble: unknown[] = []
    let [taken, over] = [0, 0]
    const client = new Client({
      ...{ api_key, base_url: server.url, verbose: false },
      // The first one gets no answer.
      fetch: (...call) =>
        (taken === 1 ? Promise.reject(new TypeError('no network')) : fetch(...call)).finally(() => over++),
    })
    // The time between two beats alone: what they send goes to a real server, in real time.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    {
      using _beats = client.startHeartbeats({
        every_s: 0.001,
        metrics: () => {
          taken += 1
          throw new Error('no sensors')
        },
        on_trouble: (error) => {
          trouble.push(error)
          throw new Error('and nobody listens')
        },
      })
      while (taken < 2) await vi.advanceTimersByTimeAsync(1_100)
    }
    while (over < 2) await vi.advanceTimersByTimeAsync(0)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(taken).toBe(2)
    const no_answer = expect.objectContaining({ name: 'TransportError' })
    expect(trouble).toEqual([new Error('no sensors'), no_answer, new Error('no sensors')])
    vi.useRealTimers()
    const shown = await portalClient(server, at.owner).fleet.get.query({ ...projectOf(at), device: 'arm-7' })
    expect(shown.status).toBe('online')
  })

  test('of a key that is pinned to no device are refused before anything is sent', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await expect(clientOf(server, at).heartbeat()).rejects.toThrow('Only a device sends heartbeats')
  })
})

test('devices are listed page by page and read by name, in the project that is named', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { fleet } = portalClient(server, at.owner)
  const names = Array.from({ length: 103 }, (_, index) => `arm-${String(index).padStart(3, '0')}`)
  for (const name of names) await fleet.create.mutate({ ...projectOf(at), name })
  const client = clientOf(server, at)
  const listed: string[] = []
  for await (const { name } of client.listDevices()) listed.push(name)
  expect(listed).toEqual(names)
  const some: string[] = []
  for await (const { name } of client.listDevices({ project: 'default', text: 'arm-10', confirmed: true }))
    some.push(name)
  expect(some).toEqual(['arm-100', 'arm-101', 'arm-102'])
  expect(await client.getDevice('arm-007')).toMatchObject({ name: 'arm-007', current_session_id: null })
  await expect(client.getDevice('arm-007', { project: 'other' })).rejects.toMatchObject({ status: 404 })
})
