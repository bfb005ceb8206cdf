import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { DEFAULT_SCOPES } from '../../server/organizations/scopes.ts'
import { keyPair, letIn, device as makeDevice } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { member, person, tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

const PATH = '/api/v1/user/ssh-keys'
const added = z.looseObject({ id: z.string(), fingerprint: z.string() })

test('a key is uploaded, listed with the fingerprint of ssh-keygen, and removed, over REST as in the portal', async () => {
  await using server = await startTestServer()
  const who = await person(server)
  using pair = keyPair()
  const token = await accessToken(server, who)
  const answer = await sendJson(server, 'POST', PATH, token, {
    name: ' demokey ',
    key_text: pair.public_text,
  })
  expect(answer.status).toBe(201)
  const key = added.parse(await answer.json())
  expect(key).toMatchObject({
    name: 'demokey',
    type: 'ssh-ed25519',
    bits: 256,
    fingerprint: pair.fingerprint,
    comment: 'art@laptop',
    warning: null,
    last_used_at: null,
    devices: [],
  })
  expect(await portalClient(server, who).sshKeys.list.query()).toEqual([key])
  expect((await sendJson(server, 'DELETE', `${PATH}/${key.id}`, token)).status).toBe(200)
  expect(await (await sendJson(server, 'GET', PATH, token)).json()).toEqual({ items: [] })
  expect((await sendJson(server, 'DELETE', `${PATH}/${key.id}`, token)).status).toBe(404)
})

test('a personal key with fleet:write acts for its owner; no other key of an organization does', async () => {
  await using server = await startTestServer()
  const { organization_id, owner, api_key } = await tenant(server)
  using pair = keyPair()
  const body = { name: 'laptop', key_text: pair.public_text }
  const scopes = `${DEFAULT_SCOPES} fleet:write`
  const own = await personalKey(server, owner, organization_id, 'laptop', { scopes })
  const answer = await sendJson(server, 'POST', PATH, own.key, body)
  expect(answer.status).toBe(201)
  const { id } = added.parse(await answer.json())
  expect(await portalClient(server, owner).sshKeys.list.query()).toMatchObject([{ id, name: 'laptop' }])

  const plain = await sendJson(server, 'GET', PATH, (await personalKey(server, owner, organization_id)).key)
  expect(plain.status).toBe(403)
  expect(plain.headers.get('www-authenticate')).toContain('scope="fleet:write"')
  const project = await server.ctx.db.selectFrom('projects').select('id').executeTakeFirstOrThrow()
  const pinned = await personalKey(server, owner, organization_id, 'rig', { scopes, project_id: project.id })
  for (const key of [api_key, pinned.key]) {
    const refused = await sendJson(server, 'GET', PATH, key)
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ code: 'forbidden' })
  }
  const other = await personalKey(
    server,
    await member(server, organization_id, 'member'),
    organization_id,
    'x',
    {
      scopes,
    },
  )
  expect(await (await sendJson(server, 'GET', PATH, other.key)).json()).toEqual({ items: [] })
  expect((await sendJson(server, 'DELETE', `${PATH}/${id}`, other.key)).status).toBe(404)
  expect((await sendJson(server, 'DELETE', `${PATH}/${id}`, own.key)).status).toBe(200)
})

test('(71) RSA below 3072 bits is taken with a warning', async () => {
  await using server = await startTestServer()
  const portal = portalClient(server, await person(server))
  using weak = keyPair('-t', 'rsa', '-b', '2048')
  using good = keyPair('-t', 'rsa', '-b', '3072')
  expect((await portal.sshKeys.add.mutate({ name: 'a', key_text: weak.public_text })).warning).toContain(
    '2048',
  )
  expect((await portal.sshKeys.add.mutate({ name: 'b', key_text: good.public_text })).warning).toBeNull()
})

test('(71) a pasted private key is answered with a warning and is nowhere afterwards', async () => {
  await using server = await startTestServer({}, { file: true })
  const who = await person(server)
  using pair = keyPair()
  const said =
    'is a PRIVATE key. It was not stored or logged, but it has left your machine: consider it burnt'
  const body = { name: 'oops', key_text: pair.private_text }
  const rest = await sendJson(server, 'POST', PATH, await accessToken(server, who), body)
  const trpc = await mutate(server, 'sshKeys.add', body, { Cookie: who.cookie })
  // Not even where the request is broken in some other way.
  const broken = await server.fetch('/trpc/sshKeys.add', {
    method: 'POST',
    headers: { Cookie: who.cookie, 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    body: `{"name": "oops", "key_text": "${pair.private_text}`,
  })
  for (const answer of [rest, trpc, broken]) {
    expect(answer.status).toBe(400)
    const text = await answer.text()
    if (answer !== broken) expect(text).toContain(said)
    expect(text).not.toContain(secretOf(pair.private_text))
  }
  await server.ctx.background.drain()
  const files = readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  )
  const bytes = files.map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
  expect(bytes.join('')).toContain(who.email)
  for (const text of [...bytes, server.log()]) expect(text).not.toContain(secretOf(pair.private_text))
  expect(await server.ctx.db.selectFrom('ssh_keys').selectAll().execute()).toEqual([])
  expect(await server.ctx.db.selectFrom('audit_events').selectAll().execute()).toEqual([])
})

/** A line of a private key's body that stands in no public one. */
function secretOf(private_text: string): string {
  return private_text.trim().split('\n').at(-3)?.slice(0, 40) ?? 'nothing'
}

test('(71) the same key twice is refused for one account; of another account’s keys nobody learns', async () => {
  await using server = await startTestServer()
  const [one, other] = [await person(server), await person(server)]
  using pair = keyPair()
  const add = (who: typeof one, name: string) =>
    portalClient(server, who).sshKeys.add.mutate({ name, key_text: pair.public_text })
  await add(one, 'first')
  await expect(add(one, 'again')).rejects.toMatchObject({
    data: { problem: { code: 'conflict', detail: 'key_text: is among your SSH keys already.' } },
  })
  expect((await add(other, 'theirs')).fingerprint).toBe(pair.fingerprint)
  const mine = await portalClient(server, one).sshKeys.list.query()
  const theirs = mine[0]?.id ?? ''
  await expect(portalClient(server, other).sshKeys.remove.mutate({ id: theirs })).rejects.toMatchObject({
    data: { problem: { code: 'not_found' } },
  })
  expect(await portalClient(server, one).sshKeys.list.query()).toHaveLength(1)
})

test('(74) uploading and removing stand in the audit trail with the fingerprint', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  using pair = keyPair()
  const { id: device } = await makeDevice(server, at)
  const id = await letIn(server, at, at.owner, { device, key_text: pair.public_text })
  const portal = portalClient(server, at.owner)
  expect((await portal.sshKeys.list.query())[0]?.devices).toMatchObject([{ id: device, name: 'arm-7' }])
  await portal.sshKeys.remove.mutate({ id })
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'actor_id', 'target', 'detail'])
    .where('action', 'like', '%ssh_key%')
    .orderBy('seq')
    .execute()
  expect(events.map(({ action }) => action)).toEqual([
    'ssh_key.added',
    'device.ssh_key_added',
    'ssh_key.removed',
  ])
  for (const event of events) {
    expect(event.actor_id).toBe(at.owner.caller.account_id)
    expect(event.detail).toContain(pair.fingerprint)
  }
  expect(await server.ctx.db.selectFrom('device_ssh_keys').selectAll().execute()).toEqual([])
})
