import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { authorizedKeysPath, device, keyPair, letIn, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

async function keysOf(server: TestServer, path: string, key: string, headers: Record<string, string> = {}) {
  const answer = await server.fetch(path, { headers: { ...bearer(key), ...headers } })
  return { status: answer.status, text: await answer.text(), headers: answer.headers }
}

const problem = (code: string) => ({ data: { problem: { code } } })

describe('devices', () => {
  test('are added, listed, read by name or id, and removed, over REST', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const token = await accessToken(server, at.owner)
    const path = `/api/v1/organizations/${at.organization_id}/projects/default/devices`
    const made = await sendJson(server, 'POST', path, token, { name: 'arm-7' })
    expect(made.status).toBe(201)
    const one = z.looseObject({ id: z.string() }).parse(await made.json())
    expect(one).toMatchObject({ name: 'arm-7', project: 'default', ssh_key_count: 0 })
    expect((await sendJson(server, 'POST', path, token, { name: 'arm-7' })).status).toBe(409)
    expect(await (await sendJson(server, 'GET', path, at.api_key)).json()).toEqual({
      items: [one],
      ...{ total: 1, page: 1, page_size: 20, next_cursor: null },
    })
    for (const name of ['arm-7', one.id]) {
      expect(await (await sendJson(server, 'GET', `${path}/${name}`, at.api_key)).json()).toEqual({
        ...one,
        ...{ current_session_id: null, package_id: null, package_name: null, robot_names: [] },
      })
    }
    const gone = await sendJson(server, 'DELETE', `${path}/arm-7`, token)
    expect(await gone.json()).toMatchObject({ id: one.id, keys_revoked: 0 })
    expect((await sendJson(server, 'GET', `${path}/arm-7`, at.api_key)).status).toBe(404)
    expect((await sendJson(server, 'POST', path, token, { name: 'arm-7' })).status).toBe(201)
  })

  test.each(['', '-x', 'a b', 'a/b', 'dev_1', 'x'.repeat(65), 'ä'])(
    'the name %j is refused',
    async (name) => {
      await using server = await startTestServer()
      const at = await tenant(server)
      const made = portalClient(server, at.owner).fleet.create.mutate({ ...projectOf(at), name })
      await expect(made).rejects.toMatchObject(problem('invalid_request'))
    },
  )

  test('members add them, viewers look, a key needs fleet:write, and outsiders see nothing', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const as = async (role: 'member' | 'viewer') =>
      portalClient(server, await member(server, at.organization_id, role)).fleet
    await (await as('member')).create.mutate({ ...projectOf(at), name: 'arm-1' })
    const viewer = await as('viewer')
    await expect(viewer.create.mutate({ ...projectOf(at), name: 'arm-2' })).rejects.toMatchObject(
      problem('forbidden'),
    )
    expect((await viewer.list.query(projectOf(at))).items).toHaveLength(1)
    const path = `/api/v1/organizations/${at.organization_id}/projects/default/devices`
    expect((await sendJson(server, 'POST', path, at.api_key, { name: 'arm-2' })).status).toBe(403)
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'fleet:write' })
      .where('id', '=', at.api_key_id)
      .execute()
    expect((await sendJson(server, 'POST', path, at.api_key, { name: 'arm-2' })).status).toBe(201)
    const stranger = portalClient(server, elsewhere.owner).fleet
    await expect(stranger.list.query(projectOf(at))).rejects.toMatchObject(problem('not_found'))
    expect((await sendJson(server, 'GET', path, elsewhere.api_key)).status).toBe(404)
  })

  test('a key pinned to one device sees that one alone, and neither adds nor removes', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const mine = await device(server, at, 'arm-1')
    await device(server, at, 'arm-2')
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'fleet:read fleet:write' })
      .where('device_id', '=', mine.id)
      .execute()
    const path = `/api/v1/organizations/${at.organization_id}/projects/default/devices`
    expect(await (await sendJson(server, 'GET', path, mine.key)).json()).toMatchObject({
      items: [{ name: 'arm-1' }],
    })
    expect((await sendJson(server, 'GET', `${path}/arm-2`, mine.key)).status).toBe(404)
    expect((await sendJson(server, 'POST', path, mine.key, { name: 'arm-3' })).status).toBe(403)
    expect((await sendJson(server, 'DELETE', `${path}/arm-1`, mine.key)).status).toBe(403)
  })

  test('a removed device’s pinned keys end with it', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { key } = await device(server, at)
    const portal = portalClient(server, at.owner)
    const gone = await portal.fleet.remove.mutate({ ...projectOf(at), device: 'arm-7' })
    expect(gone.keys_revoked).toBe(1)
    expect((await keysOf(server, authorizedKeysPath(at, 'arm-7'), key)).status).toBe(401)
    const events = await server.ctx.db.selectFrom('audit_events').select('action').orderBy('seq').execute()
    expect(events.map(({ action }) => action).slice(-2)).toEqual(['api_key.revoked', 'device.removed'])
  })
})

describe('who may log in', () => {
  test('members select their own keys, admins anybody’s, viewers none', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id } = await device(server, at)
    const address = { ...projectOf(at), device: id }
    const [mel, vic] = [
      await member(server, at.organization_id, 'member'),
      await member(server, at.organization_id, 'viewer'),
    ]
    using one = keyPair()
    using two = keyPair()
    using three = keyPair()
    const add = async (who: typeof mel, key_text: string) =>
      (await portalClient(server, who).sshKeys.add.mutate({ name: 'laptop', key_text })).id
    const ids = {
      owner: await add(at.owner, one.public_text),
      mel: await add(mel, two.public_text),
      vic: await add(vic, three.public_text),
    }
    const as = (who: typeof mel) => portalClient(server, who).fleet
    const offered = async (who: typeof mel) =>
      (await as(who).doorKeys.query(address)).candidates.map(({ ssh_key_id }) => ssh_key_id)
    expect((await offered(at.owner)).sort()).toEqual([ids.owner, ids.mel].sort())
    expect(await offered(mel)).toEqual([ids.mel])
    expect(await offered(vic)).toEqual([])
    const select = (who: typeof mel, ssh_key_id: string) =>
      as(who).selectDoorKey.mutate({ ...address, ssh_key_id })
    await expect(select(mel, ids.owner)).rejects.toMatchObject(problem('forbidden'))
    await expect(select(vic, ids.vic)).rejects.toMatchObject(problem('forbidden'))
    await expect(select(at.owner, ids.vic)).rejects.toMatchObject(problem('not_found'))
    await select(mel, ids.mel)
    await select(at.owner, ids.mel)
    await select(at.owner, ids.owner)
    const { selected } = await as(vic).doorKeys.query(address)
    expect(selected.map(({ owner, added_by, refused }) => [owner.email, added_by, refused]).sort()).toEqual(
      [
        [mel.email, mel.caller.name, null],
        [at.owner.email, at.owner.caller.name, null],
      ].sort(),
    )
    await expect(as(mel).removeDoorKey.mutate({ ...address, ssh_key_id: ids.owner })).rejects.toMatchObject(
      problem('forbidden'),
    )
    await as(at.owner).removeDoorKey.mutate({ ...address, ssh_key_id: ids.mel })
    expect((await as(mel).doorKeys.query(address)).selected).toHaveLength(1)
  })

  test('is chosen over REST as in the portal: each answer says who may log in now', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { key: devices_key } = await device(server, at)
    const mel = await member(server, at.organization_id, 'member')
    using pair = keyPair()
    const added = await portalClient(server, mel).sshKeys.add.mutate({
      ...{ name: 'laptop', key_text: pair.public_text },
    })
    const keys = authorizedKeysPath(at, 'arm-7')
    const path = keys.replace(/authorized_keys$/, 'ssh-keys')
    const [mels, owners] = [await accessToken(server, mel), await accessToken(server, at.owner)]
    const ask = async (method: string, token: string, where = path, body?: object) => {
      const answer = await sendJson(server, method, where, token, body)
      return { status: answer.status, body: z.looseObject({}).parse(await answer.json()) }
    }
    const mine = { ssh_key_id: added.id, fingerprint: pair.fingerprint, owner: { email: mel.email } }
    expect(await ask('GET', mels)).toMatchObject({
      ...{ status: 200, body: { items: [], candidates: [{ ...mine, added_at: null, own: true }] } },
    })
    const body = { ssh_key_id: added.id }
    const selected = { ...mine, added_by: mel.caller.name, refused: null, own: true }
    for (let twice = 0; twice < 2; twice++)
      expect(await ask('POST', mels, path, body)).toMatchObject({
        ...{ status: 201, body: { items: [selected], candidates: [] } },
      })
    expect((await keysOf(server, keys, devices_key)).text).toContain(pair.public_text.split(' ')[1])
    // A device's own key, and every other one of the organization, is nobody's SSH key.
    expect(await ask('POST', at.api_key, path, body)).toMatchObject({ status: 403 })
    const unknown = { ssh_key_id: 'ssh_00000000000000000000' }
    expect(await ask('POST', owners, path, unknown)).toMatchObject({
      ...{ status: 404, body: { detail: 'No such SSH key of a member.' } },
    })
    expect(await ask('POST', owners, path, { ssh_key: added.id })).toMatchObject({
      ...{ status: 400, body: { errors: [{ path: 'ssh_key_id' }] } },
    })
    expect(await ask('DELETE', owners, `${path}/${added.id}`)).toMatchObject({
      ...{ status: 200, body: { items: [], candidates: [{ ...mine, own: false }] } },
    })
    expect((await keysOf(server, keys, devices_key)).text).not.toContain(pair.public_text.split(' ')[1])
  })

  test('somebody of another organization is never let in', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const { id } = await device(server, at)
    using pair = keyPair()
    const key = await portalClient(server, elsewhere.owner).sshKeys.add.mutate({
      name: 'theirs',
      key_text: pair.public_text,
    })
    const address = { ...projectOf(at), device: id, ssh_key_id: key.id }
    for (const who of [at.owner, elsewhere.owner]) {
      await expect(portalClient(server, who).fleet.selectDoorKey.mutate(address)).rejects.toMatchObject(
        problem('not_found'),
      )
    }
  })
})

describe('authorized_keys', () => {
  test('has a line for each key that opens the door, and an ETag that changes with them', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at)
    using pair = keyPair()
    const path = authorizedKeysPath(at, 'arm-7')
    const empty = await keysOf(server, path, key)
    expect([empty.status, empty.text]).toEqual([200, ''])
    await letIn(server, at, at.owner, { device: id, key_text: pair.public_text })
    const [type, blob] = pair.public_text.split(' ')
    const full = await keysOf(server, path, key)
    expect(full.text).toBe(`${type} ${blob} ${at.owner.caller.name} (${at.owner.email})\n`)
    expect(full.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    const etag = full.headers.get('etag') ?? ''
    expect(etag).not.toBe(empty.headers.get('etag'))
    const same = await keysOf(server, path, key, { 'If-None-Match': etag })
    expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
    expect((await keysOf(server, authorizedKeysPath(at, id), key)).text).toBe(full.text)
  })

  test('(49) leaves out whoever is not a member any more, is a viewer now, or is disabled', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at)
    const mel = await member(server, at.organization_id, 'member')
    using pair = keyPair()
    await letIn(server, at, mel, { device: id, key_text: pair.public_text })
    const lines = async () =>
      (await keysOf(server, authorizedKeysPath(at, id), key)).text.split('\n').length - 1
    expect(await lines()).toBe(1)
    const membership = server.ctx.db.updateTable('members').where('account_id', '=', mel.caller.account_id)
    await membership.set({ role: 'viewer' }).execute()
    expect(await lines()).toBe(0)
    await membership.set({ role: 'member' }).execute()
    expect(await lines()).toBe(1)
    const account = server.ctx.db.updateTable('accounts').where('id', '=', mel.caller.account_id)
    await account.set({ disabled_at: server.ctx.now().toISOString() }).execute()
    expect(await lines()).toBe(0)
    await account.set({ disabled_at: null }).execute()
    await server.ctx.db.deleteFrom('members').where('account_id', '=', mel.caller.account_id).execute()
    expect(await lines()).toBe(0)
    const { selected } = await portalClient(server, at.owner).fleet.doorKeys.query({
      ...projectOf(at),
      device: id,
    })
    expect(selected).toMatchObject([{ refused: 'not_a_member' }])
  })

  test('is for the device’s own key; another device’s gets 404, a key without fleet:read 403', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const [one, two] = [await device(server, at, 'arm-1'), await device(server, at, 'arm-2')]
    const status = async (key: string) => (await keysOf(server, authorizedKeysPath(at, 'arm-1'), key)).status
    expect(await status(one.key)).toBe(200)
    expect(await status(two.key)).toBe(404)
    expect(await status(at.api_key)).toBe(200)
    expect(await status((await tenant(server)).api_key)).toBe(404)
    await server.ctx.db
      .updateTable('api_keys')
      .set({ scopes: 'episodes:read' })
      .where('id', '=', at.api_key_id)
      .execute()
    expect(await status(at.api_key)).toBe(403)
  })

  test('a name with line breaks in it never becomes a line of its own', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at)
    using pair = keyPair()
    await letIn(server, at, at.owner, { device: id, key_text: pair.public_text })
    await server.ctx.db
      .updateTable('accounts')
      .set({ name: 'Eve\nssh-ed25519 AAAA\r\u2028x' })
      .where('id', '=', at.owner.caller.account_id)
      .execute()
    const { text } = await keysOf(server, authorizedKeysPath(at, id), key)
    expect(text.split(/[\n\r\u2028]/)).toHaveLength(2)
  })

  test('the key that sshd asks about is noted as used, on a machine’s word only', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    const { id, key } = await device(server, at)
    using pair = keyPair()
    await letIn(server, at, at.owner, { device: id, key_text: pair.public_text })
    const last = async () => {
      await server.ctx.background.drain()
      return (await portalClient(server, at.owner).sshKeys.list.query())[0]?.last_used_at
    }
    const asked = (fingerprint: string) =>
      `${authorizedKeysPath(at, id)}?fingerprint=${encodeURIComponent(fingerprint)}`
    await keysOf(server, asked('SHA256:another'), key)
    await keysOf(server, asked(pair.fingerprint), await accessToken(server, at.owner))
    expect(await last()).toBeNull()
    await keysOf(server, asked(pair.fingerprint), key)
    expect(await last()).toMatch(/^\d{4}-/)
  })
})
