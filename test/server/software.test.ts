import { createHash, randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { gzipSync } from 'node:zlib'
import { zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import type { Capsule, CapsuleList, Package, PackageList, UploadedCapsule } from '../../sdk/wire.ts'
import { filesOf, json, problem } from '../episode-requests.ts'
import { device } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { bearer, type Tenant, tenant } from '../seed.ts'
import { keyWith, projectPath, send } from '../session-requests.ts'

const WORK = 'fleet:write fleet:read'
const TAR = gzipSync(randomBytes(200_000))
const ZIP = Buffer.from(zipSync({ 'nav.yaml': Buffer.from('speed: 1') }))

type Fields = Record<string, string | [bytes: Buffer, name: string]>

/** A form in the order of its fields, as curl sends one. */
function upload(server: TestServer, at: Tenant, key: string, fields: Fields): Promise<Response> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === 'string') form.set(name, value)
    else form.set(name, new Blob([new Uint8Array(value[0])]), value[1])
  }
  return server.fetch(projectPath(at, '/capsules'), { method: 'POST', headers: bearer(key), body: form })
}

async function uploaded(
  server: TestServer,
  at: Tenant,
  key: string,
  fields: Fields = {},
): Promise<UploadedCapsule> {
  const all: Fields = { file: [TAR, 'nav.tar.gz'], name: 'nav', version: '1.4.0', ...fields }
  return json<UploadedCapsule>(await upload(server, at, key, all), 201)
}

describe('capsules', () => {
  test('come as a form, are kept whole, and go out as they came', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const made = await uploaded(server, at, key)
    const sha256 = createHash('sha256').update(TAR).digest('hex')
    expect(made).toEqual({
      ...{ id: expect.stringMatching(/^cap_/), name: 'nav', version: '1.4.0', type: 'sw' },
      ...{ size_bytes: TAR.length, checksum: `sha256:${sha256}`, file_name: 'nav.tar.gz' },
      ...{ created_at: expect.stringMatching(/Z$/), created_by: at.owner.caller.account_id },
      ...{ upload_url: null, status: 'ready' },
    })
    const { upload_url, status, ...capsule } = made
    expect([upload_url, status]).toEqual([null, 'ready'])
    expect(
      await json<Capsule>(await send(server, 'GET', projectPath(at, `/capsules/${made.id}`), key), 200),
    ).toEqual(capsule)
    const bytes = await send(server, 'GET', projectPath(at, `/capsules/${made.id}/download`), key)
    expect(bytes.headers.get('content-disposition')).toBe('attachment; filename=nav.tar.gz')
    expect(bytes.headers.get('content-type')).toBe('application/octet-stream')
    expect(bytes.headers.get('content-security-policy')).toContain('sandbox')
    expect(Buffer.from(await bytes.arrayBuffer()).equals(TAR)).toBe(true)
  })

  test('may have their file before or behind the other fields, and any type', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const first = await upload(server, at, key, {
      ...{ name: 'cell', version: '2', type: 'config', file: [ZIP, 'cell.zip'] },
    })
    expect(await json<UploadedCapsule>(first, 201)).toMatchObject({ type: 'config', file_name: 'cell.zip' })
    await uploaded(server, at, key)
    await uploaded(server, at, key, { version: '1.5.0' })
    const list = async (query: string) =>
      json<CapsuleList>(await send(server, 'GET', projectPath(at, `/capsules?${query}`), key), 200)
    expect(await list('')).toMatchObject({ total: 3, page: 1, page_size: 20, next_cursor: null })
    expect((await list('')).items.map(({ version }) => version)).toEqual(['1.5.0', '1.4.0', '2'])
    expect((await list('type=config')).items.map(({ name }) => name)).toEqual(['cell'])
    expect(await list('name=nav&page=2&page_size=1')).toMatchObject({ total: 2, page: 2, next_cursor: null })
    const { next_cursor } = await list('page_size=2')
    expect((await list(`page_size=2&cursor=${next_cursor}`)).items.map(({ name }) => name)).toEqual(['cell'])
  })

  test('that are refused leave nothing behind, and say which field and what to do', async () => {
    await using server = await startTestServer({ ROBOTRACE_MAX_UPLOAD: '1MB' })
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const kept = await uploaded(server, at, key)
    const file: [Buffer, string] = [TAR, 'nav.tar.gz']
    const refusals: [Fields, number, string | undefined][] = [
      [{ name: 'nav', version: '2' }, 400, 'file'],
      [{ file, version: '2' }, 400, 'name'],
      [{ file, name: 'nav' }, 400, 'version'],
      [{ file, name: 'nav', version: '2', type: 'firmware' }, 400, 'type'],
      [{ file: [TAR, 'nav.exe'], name: 'nav', version: '2' }, 400, 'file'],
      [{ file: [TAR, 'nav.zip'], name: 'nav', version: '2' }, 400, 'file'],
      [{ file: [Buffer.from('<html>'), 'nav.tar.gz'], name: 'nav', version: '2' }, 400, 'file'],
      [{ file: [Buffer.alloc(0), 'nav.tar.gz'], name: 'nav', version: '2' }, 400, 'file'],
      [{ image: file, name: 'nav', version: '2' }, 400, 'image'],
      [{ file, name: 'nav', version: '1.4.0' }, 409, 'version'],
      [{ file: [gzipSync(randomBytes(1_000_100)), 'nav.tar.gz'], name: 'nav', version: '2' }, 413, undefined],
      [{ file: [gzipSync(randomBytes(3_000_000)), 'nav.tar.gz'], name: 'nav', version: '2' }, 413, undefined],
    ]
    for (const [fields, status, path] of refusals) {
      const refused = await problem(await upload(server, at, key, fields))
      expect([refused.status, refused.errors?.[0]?.path], refused.detail).toEqual([status, path])
    }
    expect(await filesOf(server)).toHaveLength(1)
    const list = await json<CapsuleList>(await send(server, 'GET', projectPath(at, '/capsules'), key), 200)
    expect(list.items.map(({ id }) => id)).toEqual([kept.id])
  })

  test('(52) lie where the server says, whatever their files are called', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const names = [
      '../../etc/passwd.zip',
      '..\\..\\boot.zip',
      '/abs/olute.zip',
      '%2e%2e%2fx.zip',
      'a\u202eb.zip',
    ]
    for (const [nth, name] of names.entries()) {
      const made = await uploaded(server, at, key, { version: String(nth), file: [ZIP, name] })
      expect(made.file_name).not.toMatch(/[/\\\u202e]|^\./)
    }
    for (const path of await filesOf(server)) {
      expect(path.slice(server.data.length)).toMatch(
        /^\/blobs\/capsules\/[0-9a-f-]{36}\/cap_\w{20}\/[0-9a-f]{16}\.zip$/,
      )
    }
  })

  test('that break off in the middle leave nothing behind', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const { hostname, port } = new URL(server.url)
    const sending = httpRequest({
      ...{ hostname, port, method: 'POST', path: projectPath(at, '/capsules') },
      headers: {
        ...bearer(key),
        'Content-Type': 'multipart/form-data; boundary=b',
        'Content-Length': 1_000_000,
      },
    })
    sending.on('error', () => {})
    sending.write('--b\r\nContent-Disposition: form-data; name="file"; filename="nav.tar.gz"\r\n\r\n')
    sending.write(TAR)
    await expect.poll(() => filesOf(server)).toHaveLength(1)
    sending.destroy()
    await expect.poll(() => filesOf(server)).toEqual([])
    expect(await server.ctx.db.selectFrom('capsules').selectAll().execute()).toEqual([])
  })

  test('are for whoever may write: a robot reads what it is to run and changes nothing', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const made = await uploaded(server, at, key)
    const arm = await device(server, at)
    const { id: project_id } = await server.ctx.db
      .selectFrom('projects')
      .select('id')
      .executeTakeFirstOrThrow()
    const pinned = await keyWith(server, at, { scopes: WORK, project_id, device_id: arm.id })
    const path = projectPath(at, `/capsules/${made.id}`)
    expect((await send(server, 'GET', `${path}/download`, pinned)).status).toBe(200)
    expect((await send(server, 'DELETE', path, pinned)).status).toBe(403)
    expect(
      (await upload(server, at, pinned, { file: [TAR, 'x.tar.gz'], name: 'x', version: '1' })).status,
    ).toBe(403)
    const json415 = await problem(await send(server, 'POST', projectPath(at, '/capsules'), key, {}))
    expect(json415).toMatchObject({ status: 415, detail: expect.stringContaining('multipart/form-data') })
  })

  test('go with their bytes, unless a package holds them', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const key = await keyWith(server, at, { scopes: WORK })
    const [held, free] = [await uploaded(server, at, key), await uploaded(server, at, key, { version: '2' })]
    const body = { name: 'stack', capsule_ids: [held.id], configuration_id: 'cell-2' }
    const made = await json<Package>(await send(server, 'POST', projectPath(at, '/packages'), key, body), 201)
    expect(made).toEqual({
      ...{ id: expect.stringMatching(/^pkg_/), name: 'stack', description: '', configuration_id: 'cell-2' },
      ...{ capsules: [{ id: held.id, name: 'nav', version: '1.4.0' }], created_at: expect.any(String) },
    })
    expect((await send(server, 'DELETE', projectPath(at, `/capsules/${held.id}`), key)).status).toBe(409)
    const gone = projectPath(at, `/capsules/${free.id}`)
    expect((await send(server, 'DELETE', gone, key)).status).toBe(200)
    expect((await send(server, 'GET', gone, key)).status).toBe(404)
    await server.ctx.background.drain()
    expect(await filesOf(server)).toHaveLength(1)
    // The name is free again for what was taken away.
    await uploaded(server, at, key, { version: '2' })
    const list = await json<PackageList>(await send(server, 'GET', projectPath(at, '/packages'), key), 200)
    expect(list).toEqual({ items: [made], total: 1, page: 1, page_size: 20, next_cursor: null })
    const one = await send(server, 'GET', projectPath(at, `/packages/${made.id}`), key)
    expect(await json<Package>(one, 200)).toEqual(made)
    const twice = { ...body, capsule_ids: [held.id, held.id] }
    expect((await send(server, 'POST', projectPath(at, '/packages'), key, twice)).status).toBe(400)
    const unknown = { ...body, capsule_ids: [held.id, free.id] }
    const refused = await problem(await send(server, 'POST', projectPath(at, '/packages'), key, unknown))
    expect(refused).toMatchObject({ status: 400, errors: [{ path: 'capsule_ids.1' }] })
    const events = await server.ctx.db.selectFrom('audit_events').select(['action', 'target']).execute()
    expect(events).toContainEqual({ action: 'capsule.uploaded', target: held.id })
    expect(events).toContainEqual({ action: 'package.created', target: made.id })
    expect(events).toContainEqual({ action: 'capsule.removed', target: free.id })
  })
})
