import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DEFAULT_SCOPES } from '../../server/organizations/scopes.ts'
import { keyPair } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { personalKey } from '../personal-credentials.ts'
import { tenant } from '../seed.ts'
import { type Home, makeHome } from './home.ts'
import { startLoginServer } from './login-server.ts'

async function signedIn(server: TestServer, home: Home): Promise<void> {
  const { organization_id, owner } = await tenant(server)
  const scopes = `${DEFAULT_SCOPES} fleet:write keys:manage`
  const { key } = await personalKey(server, owner, organization_id, 'laptop', { scopes })
  home.save(`[default]\napi_key = "${key}"\nbase_url = "${server.url}"\n`)
}

test('a minted key is alone on standard output and works; saved, it is on no output at all', async () => {
  await using server = await startTestServer()
  using home = makeHome()
  await signedIn(server, home)
  const { host } = await home.robotrace('keys mint ci --scope episodes:read')
  expect(host.stdout()).toMatch(/^rt_[0-9a-z]{10}_[0-9A-Za-z]{43}\n$/)
  const answer = await server.fetch('/api/episodes', {
    headers: { Authorization: `Bearer ${host.stdout().trim()}` },
  })
  expect(answer.status).toBe(200)
  const saved = await home.robotrace('keys mint rig --save rig')
  expect(saved.host.text()).not.toMatch(/rt_[0-9a-z]{10}_[0-9A-Za-z]{43}/)
  expect((await home.robotrace('episode list --profile rig')).status).toBe(0)
})

test('what ends a key asks on a terminal, and only a yes is one', async () => {
  await using server = await startTestServer()
  using home = makeHome()
  await signedIn(server, home)
  await home.robotrace('keys mint ci --scope episodes:read')
  const revoke = (answers: (string | undefined)[]) =>
    home.robotrace('keys revoke ci', { answers, columns: 80 })
  expect((await revoke([''])).status).toBe(1)
  expect((await revoke(['no'])).status).toBe(1)
  expect((await revoke([undefined])).status).toBe(130)
  const { status, host } = await revoke(['y'])
  expect([status, host.questions]).toEqual([0, ['Revoke it? [y/N] ']])
})

test('a private key is refused before anything is sent', async () => {
  await using server = await startLoginServer()
  using home = makeHome()
  home.save(`[default]\napi_key = "rt_8a4f01c2b3_${'x'.repeat(20)}"\nbase_url = "${server.url}"\n`)
  using pair = keyPair()
  for (const text of [
    pair.private_text,
    `${pair.public_text}\n${pair.private_text}`,
    'PuTTY-User-Key-File-3: x',
    'hello',
  ]) {
    writeFileSync(join(home.folder, 'id'), text)
    const { status, host } = await home.robotrace('ssh-keys add id')
    expect(status).toBe(2)
    expect(host.text()).not.toContain(text.slice(40, 80) || 'nothing')
  }
  expect(server.arrived).toEqual([])
})

test.each([
  'https://evil.example/api',
  '//evil.example/api',
  '/oauth/token',
  '/api/../x',
  '/api\\x',
  'api/x',
  '/apix',
])('api calls nothing at %s', async (path) => {
  await using server = await startLoginServer()
  using home = makeHome()
  home.save(`[default]\napi_key = "rt_8a4f01c2b3_${'x'.repeat(20)}"\nbase_url = "${server.url}"\n`)
  const { status } = await home.robotrace(`api GET ${path}`)
  expect([status === 0, server.arrived.map((one) => one.path)]).toEqual([false, []])
})

test('api sends fields as query or body, with JSON values where they are asked for', async () => {
  await using server = await startTestServer()
  using home = makeHome()
  await signedIn(server, home)
  const path = '/api/v1/organizations/{org}/projects/{project}'
  const made = await home.robotrace(`api post ${path}/devices -f name=arm-7 -F dsn=null`)
  expect(JSON.parse(made.host.stdout())).toMatchObject({ name: 'arm-7', dsn: null })
  const input = JSON.stringify({ maintenance: true })
  await home.robotrace(`api PATCH ${path}/devices/arm-7 --input -`, { input })
  const found = await home.robotrace(`api GET ${path}/devices -f status=maintenance --paginate`)
  expect(JSON.parse(found.host.stdout())).toMatchObject([{ name: 'arm-7', status: 'maintenance' }])
  const seen = await home.robotrace(`api GET ${path}/devices/arm-7 -i`)
  expect(seen.host.stdout()).toMatch(/^HTTP 200\n[\s\S]*content-type: application\/json/)
})

test('a login asks for strong scopes by name, says what was withheld, and knows what it has', async () => {
  using home = makeHome()
  await using server = await startLoginServer({ approved: { scope: 'episodes:read fleet:write' } })
  const line = `login --base-url ${server.url} --scope keys:manage --scope fleet:write`
  const { status, host } = await home.robotrace(line)
  expect(status).toBe(0)
  expect(host.stderr()).toContain('Not granted: keys:manage.')
  const started = server.arrived.find(({ path }) => path === '/api/cli/auth/start')
  expect(JSON.parse(String(started?.body)).scope).toContain('fleet:read fleet:write keys:manage')
  expect(home.read()).toContain('scopes = "fleet:write keys:manage"')
  expect((await home.robotrace(`${line}`)).host.stdout()).toContain('Already signed in')
  expect((await home.robotrace(`login --base-url ${server.url} --scope admin`)).status).toBe(2)
})
