import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { makeHome } from './home.ts'

async function tokenOf(server: TestServer, at: Tenant): Promise<string> {
  const { fleet } = portalClient(server, at.owner)
  return (await fleet.makeEnrolmentToken.mutate({ ...projectOf(at), label: 'cell', uses: 1 })).token
}

test('an enrolment whose answer got lost is gone on with: same device, no second use of the token', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  using home = makeHome()
  const token = await tokenOf(server, at)
  const env = { ROBOTRACE_ENROLMENT_TOKEN: token, ROBOTRACE_BASE_URL: server.url }
  const first = await home.robotrace('device enroll --name arm-7 --output ids', { env })
  expect(first.status).toBe(0)
  const nonce_file = join(home.folder, '.robotrace', 'enrolment.toml')
  expect(existsSync(nonce_file)).toBe(false)

  using lost = makeHome()
  const other = await tokenOf(server, at)
  const again = { ROBOTRACE_ENROLMENT_TOKEN: other, ROBOTRACE_BASE_URL: 'http://127.0.0.1:1' }
  expect((await lost.robotrace('device enroll --name arm-8', { env: again })).status).toBe(1)
  expect(existsSync(join(lost.folder, '.robotrace', 'enrolment.toml'))).toBe(true)
  const done = await lost.robotrace('device enroll --name arm-8 --output ids', {
    env: { ...again, ROBOTRACE_BASE_URL: server.url },
  })
  expect([done.status, existsSync(join(lost.folder, '.robotrace', 'enrolment.toml'))]).toEqual([0, false])
  expect((await lost.robotrace('device heartbeat')).status).toBe(0)
  expect(done.host.text() + first.host.text() + server.log()).not.toContain(token.slice(15))
})

test('the token comes from a file, a variable or a pipe, and never from the command line', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  using home = makeHome()
  const env = { ROBOTRACE_BASE_URL: server.url }
  const token = await tokenOf(server, at)
  for (const line of [`device enroll ${token}`, `device enroll --token-file ${token}`]) {
    const { status, host } = await home.robotrace(line, { env })
    expect([status, host.text().includes(token.slice(15))]).toEqual([2, false])
  }
  const none = await home.robotrace('device enroll --name arm-7', { env })
  expect([none.status, none.host.stderr().includes('The enrolment token is missing.')]).toEqual([2, true])
  const piped = await home.robotrace('device enroll --name arm-7', { env, input: `${token}\n` })
  expect(piped.status).toBe(0)
  writeFileSync(join(home.folder, 'token.txt'), await tokenOf(server, at))
  const kept = await home.robotrace('device enroll --name arm-8 --token-file token.txt', { env })
  expect([kept.status, kept.host.stderr().includes("Profile 'default' holds a key already.")]).toEqual([
    2,
    true,
  ])
  const forced = await home.robotrace('device enroll --name arm-8 --token-file token.txt --force', { env })
  expect(forced.status).toBe(0)
})

test('heartbeats go on until Ctrl-C, also over a server that is away, and end with a dead key', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  using home = makeHome()
  const env = { ROBOTRACE_BASE_URL: server.url, ROBOTRACE_ENROLMENT_TOKEN: await tokenOf(server, at) }
  await home.robotrace('device enroll --name arm-7', { env })
  let beats = 0
  const { status, host } = await home.robotrace('device heartbeat --every 30s', {
    columns: 80,
    env: { TERM: 'xterm' },
    on_write: (_, world) => ++beats === 3 && world.interrupt(130),
  })
  expect([status, /Stopped after \d heartbeats\./.test(host.stderr())]).toEqual([130, true])
  await server.ctx.db
    .updateTable('api_keys')
    .set({ revoked_at: server.ctx.now().toISOString() })
    .where('device_id', 'is not', null)
    .execute()
  expect((await home.robotrace('device heartbeat --every 30s')).status).toBe(4)
})
