import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { insertOrganization } from '../../server/organizations/organizations.ts'
import { finalized, withVideo } from '../episode-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { everywhereKey } from '../personal-credentials.ts'
import { member, PASSWORD, type Person, person } from '../seed.ts'
import { keyWith } from '../session-requests.ts'
import { curl, isInstalled, run } from './curl.ts'

/** Each documented call of that API, sent by the real curl and read as its clients read it: member by member. */

const JSON_BODY = ['-H', 'Content-Type: application/json', '-d']
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const id = (kind: string) => expect.stringMatching(new RegExp(`^${kind}_[0-9a-z]{20}$`))

interface Acme {
  owner: Person
  organization_id: string
  /** Personal, of the owner: `rbtk_…`. */
  key: string
  /** Where the API begins, and the project's part of it. */
  api: string
  project: string
  auth: string[]
}

/** The organization `acme` with its project `warehouse`, as in the documents. */
async function acme(server: TestServer): Promise<Acme> {
  const owner = await person(server)
  const at = server.ctx.now().toISOString()
  const { db } = server.ctx
  const { account_id } = owner.caller
  const organization_id = await insertOrganization(db, account_id, { name: 'Acme', slug: 'acme' }, at)
  await db
    .insertInto('projects')
    .values({ id: newId('prj'), organization_id, slug: 'warehouse', name: 'Warehouse', created_at: at })
    .execute()
  const { key } = await everywhereKey(server, owner, 'ci')
  await db
    .updateTable('api_keys')
    .set({ scopes: 'episodes:write episodes:read fleet:write fleet:read admin' })
    .execute()
  const api = `${server.url}/api/v1`
  const project = `${api}/organizations/acme/projects/warehouse`
  return { owner, organization_id, key, api, project, auth: ['-H', `Authorization: Bearer ${key}`] }
}

/** An episode of the project, logged as any rig does. */
async function recorded(server: TestServer, { key }: Acme, robot: string): Promise<string> {
  const started = await curl(
    ...['-H', `Authorization: Bearer ${key}`, '-H', 'X-RoboTrace-Organization: acme'],
    ...['-H', 'X-RoboTrace-Project: warehouse', ...JSON_BODY, JSON.stringify({ robot, name: 'run' })],
    `${server.url}/api/ingest/episode`,
  )
  expect(started.status).toBe(201)
  return String(started.body.episode_id)
}

beforeAll(() => {
  // These calls are documented for curl: without it nothing here is proved.
  expect(isInstalled('curl')).toBe(true)
})

describe('the documented calls', () => {
  test('sign in, refresh, and list devices with a JWT, a key in Authorization and one in X-API-Key', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const login = await curl(
      ...JSON_BODY,
      JSON.stringify({ email: at.owner.email, password: PASSWORD }),
      `${at.api}/auth/login`,
    )
    expect(login.status).toBe(200)
    expect(login.body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'bearer',
      expires_in: 3600,
    })
    const jwt = `Authorization: Bearer ${login.body.access_token}`
    const refreshed = await curl('-X', 'POST', '-H', jwt, `${at.api}/auth/refresh`)
    expect(refreshed.status).toBe(200)
    expect(refreshed.body).toEqual({
      ...{ access_token: expect.stringMatching(/^eyJ/), token_type: 'bearer', expires_in: 3600 },
    })
    const fresh = `Authorization: Bearer ${refreshed.body.access_token}`
    const everywhere = `${at.api}/organizations/acme/devices`
    for (const header of [fresh, `Authorization: Bearer ${at.key}`, `X-API-Key: ${at.key}`]) {
      for (const url of [everywhere, `${at.project}/devices`]) {
        const list = await curl('-H', header, url)
        expect(list.status).toBe(200)
        expect(list.body).toEqual({ items: [], total: 0, page: 1, page_size: 20, next_cursor: null })
      }
    }
  })

  test('register, list, read, change and delete devices, and list their groups', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const wish = { name: 'arm-7', dsn: 'SN-0007', type: 'arm', environment: 'production' }
    const registered = await curl(
      ...[...at.auth, ...JSON_BODY, JSON.stringify(wish)],
      `${at.project}/devices/register-offline`,
    )
    expect(registered.status).toBe(201)
    const item = { ...wish, id: id('dev'), status: 'offline', last_heartbeat: null, created_at: TIME }
    expect(registered.body).toMatchObject(item)
    const device_id = String(registered.body.id)
    const grouped = await curl(
      ...[...at.auth, ...JSON_BODY, JSON.stringify({ name: 'cell 2', description: 'by the window' })],
      `${at.project}/device-groups`,
    )
    expect(grouped.status).toBe(201)
    const group = { id: grouped.body.id, name: 'cell 2' }
    const groups = await curl(...at.auth, `${at.project}/device-groups`)
    expect(groups.body).toMatchObject({ items: [{ ...group, description: 'by the window' }] })
    const patched = await curl(
      ...['-X', 'PATCH', ...at.auth, ...JSON_BODY],
      JSON.stringify({ name: 'arm-8', environment: 'staging', group_ids: [group.id] }),
      `${at.project}/devices/${device_id}`,
    )
    expect(patched.status).toBe(200)
    expect(patched.body).toMatchObject({ name: 'arm-8', environment: 'staging', groups: [group] })
    const one = await curl(...at.auth, `${at.project}/devices/${device_id}`)
    expect(one.body).toMatchObject({
      ...{ id: device_id, name: 'arm-8', dsn: 'SN-0007', type: 'arm', status: 'offline' },
      ...{ current_session_id: null, package_id: null, package_name: null, groups: [group] },
      metrics: { cpu_usage: null, memory_usage: null, disk_usage: null },
    })
    const query = `status=offline&type=arm&group_id=${group.id}&page=1&page_size=20`
    const list = await curl(...at.auth, `${at.project}/devices?${query}`)
    expect(list.body).toMatchObject({ items: [{ id: device_id }], total: 1, page: 1, page_size: 20 })
    const others = await curl(...at.auth, `${at.project}/devices?status=online`)
    expect(others.body).toMatchObject({ items: [], total: 0 })
    const gone = await curl('-X', 'DELETE', ...at.auth, `${at.project}/devices/${device_id}`)
    expect(gone.status).toBe(200)
    expect((await curl(...at.auth, `${at.project}/devices/${device_id}`)).status).toBe(404)
  })

  test('list, read, tag, search and delete sessions', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const session_id = await recorded(server, at, 'arm-7')
    const item = {
      ...{ id: session_id, device_id: id('dev'), device_name: 'arm-7', status: 'active' },
      ...{ started_at: TIME, ended_at: null, duration_seconds: null, tags: [], artifact_count: 0 },
    }
    const url = `${at.project}/sessions/${session_id}`
    const list = await curl(...at.auth, `${at.project}/sessions?status=active&page=1&page_size=20`)
    expect(list.status).toBe(200)
    expect(list.body).toEqual({ items: [item], total: 1, page: 1, page_size: 20, next_cursor: null })
    const [{ device_id }] = list.body.items as [{ device_id: string }]
    const range = 'since=2020-01-01T00:00:00Z&until=2100-01-01T00:00:00Z'
    const byDevice = await curl(...at.auth, `${at.project}/sessions?device_id=${device_id}&${range}`)
    expect(byDevice.body).toMatchObject({ items: [{ id: session_id }], total: 1 })
    const tagged = await curl(...at.auth, ...JSON_BODY, '{"tag":"slip"}', `${url}/tags`)
    expect(tagged.status).toBe(200)
    const entries = [
      { at: '2026-11-03T09:30:00Z', level: 'info', module: 'nav', message: 'underway' },
      { at: '2026-11-03T09:30:01Z', level: 'error', module: 'gripper', message: 'grip lost' },
    ]
    const logged = await curl(...at.auth, ...JSON_BODY, JSON.stringify({ entries }), `${url}/logs`)
    expect(logged.status).toBe(201)
    const query =
      'level=error&module=gripper&search=grip&since=2026-11-03T09:30:00Z&until=2026-11-04T00:00:00Z'
    const logs = await curl(...at.auth, `${url}/logs?${query}&limit=50`)
    expect(logs.body).toEqual({
      items: [{ seq: 2, ...entries[1], at: '2026-11-03T09:30:01.000Z' }],
      next_cursor: null,
    })
    const one = await curl(...at.auth, url)
    expect(one.body).toEqual({
      ...item,
      tags: ['slip'],
      metrics: { log_count: 2, artifact_count: 0, artifact_size_bytes: 0 },
      package: null,
      // Ours, beside what is documented.
      trashed_at: null,
    })
    expect((await curl(...at.auth, `${url}/artifacts`)).body).toMatchObject({ items: [], total: 0 })
    const untagged = await curl('-X', 'DELETE', ...at.auth, `${url}/tags/slip`)
    expect(untagged.body).toEqual({ id: session_id, tags: [] })
    expect((await curl('-X', 'DELETE', ...at.auth, url)).status).toBe(200)
    expect((await curl(...at.auth, url)).status).toBe(404)
  })

  test('say completed of what is ready and failed of what failed, with when and how long', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const key = await keyWith(server, at, { scopes: 'episodes:write episodes:read' })
    const { id: ready } = await withVideo(server, key, 'the video', { robot: 'arm-7' })
    await finalized(server, key, ready, { status: 'ready', duration_s: 12.5 })
    const sessions = `${at.api}/organizations/acme/projects/default/sessions`
    const one = await curl(...at.auth, `${sessions}/${ready}`)
    expect(one.body).toMatchObject({
      ...{ status: 'completed', ended_at: TIME, duration_seconds: 12.5, artifact_count: 1 },
      metrics: { artifact_count: 1, artifact_size_bytes: 9 },
    })
    const artifacts = await curl(...at.auth, `${sessions}/${ready}/artifacts`)
    expect(artifacts.body).toMatchObject({ items: [{ kind: 'video', size_bytes: 9 }], total: 1 })
    expect((await curl(...at.auth, `${sessions}?status=completed`)).body).toMatchObject({ total: 1 })
    expect((await curl(...at.auth, `${sessions}?status=failed`)).body).toMatchObject({ total: 0 })
  })

  test('upload, list, read and delete capsules, and put them into packages', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const folder = mkdtempSync(join(tmpdir(), 'robotrace-capsule-'))
    const file = join(folder, 'nav.tar.gz')
    writeFileSync(file, gzipSync('the archive'))
    const form = (version: string) => [
      ...['-F', `file=@${file}`, '-F', 'name=nav', '-F', `version=${version}`, '-F', 'type=sw'],
    ]
    const uploaded = await curl(...at.auth, ...form('1.4.0'), `${at.project}/capsules`)
    expect(uploaded.status).toBe(201)
    expect(uploaded.body).toMatchObject({
      ...{ id: id('cap'), name: 'nav', version: '1.4.0', upload_url: null, status: 'ready' },
    })
    const capsule = {
      ...{ id: uploaded.body.id, name: 'nav', version: '1.4.0', type: 'sw', size_bytes: expect.any(Number) },
      ...{ checksum: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), created_at: TIME },
      created_by: at.owner.caller.account_id,
    }
    const list = await curl(...at.auth, `${at.project}/capsules?name=nav&type=sw&page=1`)
    expect(list.body).toMatchObject({ items: [capsule], total: 1 })
    const one = await curl(...at.auth, `${at.project}/capsules/${capsule.id}`)
    expect(one.body).toMatchObject(capsule)
    const wish = { name: 'stack', description: 'nav', capsule_ids: [capsule.id], configuration_id: 'cell-2' }
    const packed = await curl(...at.auth, ...JSON_BODY, JSON.stringify(wish), `${at.project}/packages`)
    expect(packed.status).toBe(201)
    const packages = await curl(...at.auth, `${at.project}/packages`)
    expect(packages.body).toMatchObject({
      items: [
        {
          ...{
            id: id('pkg'),
            name: 'stack',
            description: 'nav',
            configuration_id: 'cell-2',
            created_at: TIME,
          },
          capsules: [{ id: capsule.id, name: 'nav', version: '1.4.0' }],
        },
      ],
    })
    const second = await curl(...at.auth, ...form('1.5.0'), `${at.project}/capsules`)
    const gone = await curl('-X', 'DELETE', ...at.auth, `${at.project}/capsules/${second.body.id}`)
    expect(gone.status).toBe(200)
    rmSync(folder, { recursive: true })
  })
})

describe('the documented refusals', () => {
  test('401 says Could not validate credentials, whatever is wrong with them', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    for (const header of [
      'X-Nothing: 1',
      'Authorization: Bearer rbtk_xxxxxxxxxxxxxxxx',
      'X-API-Key: eyJ.x.y',
    ]) {
      const refused = await curl('-H', header, `${at.api}/organizations/acme/devices`)
      expect(refused.status).toBe(401)
      expect(refused.body.detail).toBe('Could not validate credentials')
    }
  })

  test('403 says Not enough permissions, inside of one\u2019s own organization', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const viewer = await member(server, at.organization_id, 'viewer')
    const { key } = await everywhereKey(server, viewer, 'a viewer')
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'episodes:read fleet:read fleet:write admin' })
      .where('account_id', '=', viewer.caller.account_id)
      .execute()
    const auth = ['-H', `Authorization: Bearer ${key}`]
    const refused = await curl(
      ...[...auth, ...JSON_BODY, '{"name":"arm-9"}'],
      `${at.project}/devices/register-offline`,
    )
    expect([refused.status, refused.body.detail]).toEqual([403, 'Not enough permissions'])
    const session_id = await recorded(server, at, 'arm-7')
    const deleted = await curl('-X', 'DELETE', ...auth, `${at.project}/sessions/${session_id}`)
    expect([deleted.status, deleted.body.detail]).toEqual([403, 'Not enough permissions'])
  })

  test('404 stands for everything of somebody else', async () => {
    await using server = await startTestServer()
    const at = await acme(server)
    const stranger = await everywhereKey(server, await person(server), 'a stranger')
    for (const path of ['/organizations/acme/devices', '/organizations/acme/projects/warehouse/sessions']) {
      const refused = await curl('-H', `X-API-Key: ${stranger.key}`, `${at.api}${path}`)
      expect(refused.status).toBe(404)
    }
  })

  test('429 says when to come back, in whole seconds', async () => {
    await using server = await startTestServer({ ROBOTRACE_RATE_LIMIT: '3' })
    const at = await acme(server)
    let last = await curl(...at.auth, `${at.api}/organizations/acme/devices`)
    expect(last.headers).toMatch(/X-RateLimit-Limit: 3\r\n/i)
    expect(last.headers).toMatch(/X-RateLimit-Remaining: \d/i)
    expect(last.headers).toMatch(/X-RateLimit-Reset: \d{10}/i)
    for (let nth = 0; nth < 4 && last.status === 200; nth++) {
      last = await curl(...at.auth, `${at.api}/organizations/acme/devices`)
    }
    expect(last.status).toBe(429)
    const { retry_after, detail } = last.body
    expect(Number.isInteger(retry_after)).toBe(true)
    expect(detail).toBe(`Rate limit exceeded. Try again in ${retry_after} seconds.`)
  })
})

test('the documented Python sample lists devices with nothing but the standard library', async () => {
  if (!isInstalled('python3')) return
  await using server = await startTestServer()
  const at = await acme(server)
  const wish = JSON.stringify({ name: 'arm-7' })
  await curl(...at.auth, ...JSON_BODY, wish, `${at.project}/devices/register-offline`)
  const sample = `
import json, urllib.request

API_KEY = "${at.key}"
BASE_URL = "${at.api}"

headers = {
    "Authorization": f"Bearer {API_KEY}",
    "Content-Type": "application/json"
}

request = urllib.request.Request(
    f"{BASE_URL}/organizations/acme/projects/warehouse/devices",
    headers=headers
)
devices = json.load(urllib.request.urlopen(request))
print(json.dumps([device["name"] for device in devices["items"]]))
`
  expect(JSON.parse(await run('python3', ['-c', sample]))).toEqual(['arm-7'])
})
