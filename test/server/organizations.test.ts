import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintApiKey } from '../../server/api-keys/api-keys.ts'
import { insertOrganization } from '../../server/organizations/organizations.ts'
import { apiToken } from '../api-token.ts'
import { keyPair } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, person, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

const named = z.looseObject({ id: z.string(), slug: z.string(), name: z.string() })
const page = z.object({
  items: z.array(z.looseObject({ name: z.string() })),
  total: z.number(),
  page: z.number().nullable(),
  page_size: z.number(),
  next_cursor: z.string().nullable(),
})

const HOME = '/api/v1/organizations'

async function read(server: TestServer, credential: string, path: string): Promise<unknown> {
  const answer = await server.fetch(path, { headers: bearer(credential) })
  expect(answer.status, path).toBe(200)
  return answer.json()
}

async function refusal(answer: Response) {
  return z
    .looseObject({ detail: z.string(), code: z.string(), errors: z.unknown().optional() })
    .parse(await answer.json())
}

describe('organizations', () => {
  test('are those of whoever asks: all of a person, the one of a key; named by slug or id', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const at = server.ctx.now().toISOString()
    const second = { name: 'Aardvark Labs', slug: 'aardvark' }
    const other = await insertOrganization(server.ctx.db, owner.caller.account_id, second, at)
    const token = await apiToken(server, owner)
    const own = page.parse(await read(server, token, HOME))
    expect(own).toMatchObject({ total: 2, page: 1, page_size: 20, next_cursor: null })
    expect(own.items).toEqual([
      expect.objectContaining({ id: other, slug: 'aardvark', role: 'owner', second_factor_required: false }),
      expect.objectContaining({ id: organization_id, role: 'owner', created_at: expect.any(String) }),
    ])
    const ofKey = page.parse(await read(server, api_key, HOME))
    expect(ofKey.items).toEqual([expect.objectContaining({ id: organization_id, role: null })])
    for (const name of ['aardvark', other, other.toUpperCase()]) {
      expect(await read(server, token, `${HOME}/${name}`)).toMatchObject({ id: other, name: 'Aardvark Labs' })
    }
  })

  test('are renamed by admins, in the audit trail; the slug stays', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const token = await apiToken(server, admin)
    const path = `${HOME}/${organization_id}`
    const { slug } = named.parse(await read(server, token, path))
    const renamed = await sendJson(server, 'PATCH', path, token, { name: 'Otter Works' })
    expect(await renamed.json()).toMatchObject({ name: 'Otter Works', slug })
    const same = await sendJson(server, 'PATCH', path, token, { name: 'Otter Works' })
    expect(same.status).toBe(200)
    const { items } = await portalClient(server, owner).audit.list.query({
      organization_id,
      action: 'organization.renamed',
    })
    expect(items).toHaveLength(1)
    expect(items[0]).toMatchObject({
      target: { id: organization_id },
      detail: { from: 'Halcyon Robotics', to: 'Otter Works' },
    })
  })

  test('refuse with the words of the wire: 401 for nobody, 403 inside, 404 for everything of others', async () => {
    await using server = await startTestServer()
    const [home, away] = [await tenant(server), await tenant(server)]
    const path = `${HOME}/${home.organization_id}`
    const nobody = await server.fetch(path)
    expect([nobody.status, (await refusal(nobody)).detail]).toEqual([401, 'Could not validate credentials'])
    const viewer = await apiToken(server, await member(server, home.organization_id, 'viewer'))
    for (const [method, below, body] of [
      ['PATCH', '', { name: 'x' }],
      ['POST', '/projects', { name: 'x' }],
      ['PATCH', '/projects/default', { name: 'x' }],
      ['POST', '/projects/default/devices', { name: 'arm-7' }],
    ] as const) {
      const answer = await sendJson(server, method, path + below, viewer, body)
      expect([answer.status, (await refusal(answer)).detail]).toEqual([403, 'Not enough permissions'])
    }
    const key = await sendJson(server, 'POST', `${path}/projects`, home.api_key, { name: 'x' })
    expect([key.status, await refusal(key)]).toEqual([
      403,
      expect.objectContaining({ code: 'insufficient_scope', scope: 'admin' }),
    ])
    const stranger = await apiToken(server, away.owner)
    for (const below of ['', '/members', '/projects', '/projects/default', '/devices']) {
      const theirs = await server.fetch(path + below, { headers: bearer(stranger) })
      const nothing = await server.fetch(`${HOME}/nothing-here${below}`, { headers: bearer(stranger) })
      expect([theirs.status, nothing.status], below).toEqual([404, 404])
      expect((await refusal(theirs)).detail).toBe((await refusal(nothing)).detail)
    }
  })
})

describe('members', () => {
  test('are listed by name, in pages by number or by cursor', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    for (const role of ['admin', 'member', 'viewer'] as const) await member(server, organization_id, role)
    const token = await apiToken(server, owner)
    const path = `${HOME}/${organization_id}/members?page_size=2`
    const first = page.parse(await read(server, token, path))
    expect(first).toMatchObject({ total: 4, page: 1, page_size: 2 })
    expect(first.items.map(({ name }) => name)).toEqual(['A admin', 'A member'])
    expect(first.items[0]).toEqual({
      account_id: expect.stringMatching(/^acc_/),
      name: 'A admin',
      email: expect.stringContaining('@lab.example'),
      role: 'admin',
      second_factor: false,
      created_at: expect.any(String),
    })
    const byNumber = page.parse(await read(server, token, `${path}&page=2`))
    const byCursor = page.parse(await read(server, token, `${path}&cursor=${first.next_cursor}`))
    expect(byNumber.items.map(({ name }) => name)).toEqual(['A viewer', 'Ada Okafor'])
    expect(byCursor).toMatchObject({ items: byNumber.items, total: 4, page: null, next_cursor: null })
    const beyond = page.parse(await read(server, token, `${path}&page=9`))
    expect(beyond.items).toEqual([])
    for (const query of ['page=0', 'page_size=101', 'page_size=x', 'cursor=nonsense']) {
      const answer = await server.fetch(`${HOME}/${organization_id}/members?${query}`, {
        headers: bearer(token),
      })
      expect(answer.status, query).toBe(400)
    }
  })

  test('are names and addresses, which a key sees only with the scope admin', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const path = `${HOME}/${organization_id}/members`
    const robot = await server.fetch(path, { headers: bearer(api_key) })
    expect([robot.status, await refusal(robot)]).toEqual([
      403,
      expect.objectContaining({ code: 'insufficient_scope', scope: 'admin' }),
    ])
    const { key } = await mintApiKey(server.ctx, owner.caller, {
      organization_id,
      label: 'people sync',
      scopes: ['admin'],
    })
    expect(await read(server, key, path)).toMatchObject({ total: 1 })
  })
})

describe('projects', () => {
  test('are created, renamed, archived and restored, each step in the audit trail', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const token = await apiToken(server, owner)
    const path = `${HOME}/${organization_id}/projects`
    const made = await sendJson(server, 'POST', path, token, { name: 'Bench arms, hall 2' })
    expect(made.status).toBe(201)
    const project = named.parse(await made.json())
    expect(project).toMatchObject({
      slug: 'bench-arms-hall-2',
      episode_count: 0,
      device_count: 0,
      archived_at: null,
    })
    const renamed = await sendJson(server, 'PATCH', `${path}/${project.id}`, token, { name: 'Bench arms' })
    expect(await renamed.json()).toMatchObject({ name: 'Bench arms', slug: 'bench-arms-hall-2' })
    const archived = await sendJson(server, 'PATCH', `${path}/${project.slug}`, token, { archived: true })
    expect(await archived.json()).toMatchObject({ archived_at: expect.any(String) })
    const again = await sendJson(server, 'PATCH', `${path}/${project.slug}`, token, { archived: true })
    expect(again.status).toBe(200)
    // Readable still, by a key without any scope for it too.
    expect(await read(server, api_key, `${path}/${project.slug}`)).toMatchObject({ name: 'Bench arms' })
    const restored = await sendJson(server, 'PATCH', `${path}/${project.slug}`, token, { archived: false })
    expect(await restored.json()).toMatchObject({ archived_at: null })
    const { items } = await portalClient(server, owner).audit.list.query({
      organization_id,
      action: 'project',
    })
    expect(items.map(({ action }) => action).reverse()).toEqual([
      'project.created',
      'project.renamed',
      'project.archived',
      'project.restored',
    ])
    expect(items[0]?.target).toMatchObject({ id: project.id, name: 'Bench arms' })
  })

  test('say what they hold', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    for (const robot of ['arm-1', 'arm-1', 'arm-2']) {
      await sendJson(server, 'POST', '/api/ingest/episode', api_key, { robot })
    }
    const token = await apiToken(server, owner)
    expect(await read(server, token, `${HOME}/${organization_id}/projects/default`)).toMatchObject({
      episode_count: 3,
      device_count: 2,
    })
  })

  test('have slugs that are taken once in an organization, and default stays', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const other = await tenant(server)
    const token = await apiToken(server, owner)
    const path = `${HOME}/${organization_id}/projects`
    const wish = { name: 'Warehouse', slug: 'hall' }
    expect((await sendJson(server, 'POST', path, token, wish)).status).toBe(201)
    const taken = await sendJson(server, 'POST', path, token, wish)
    expect([taken.status, (await refusal(taken)).errors]).toEqual([
      409,
      [{ path: 'slug', message: expect.stringContaining('is taken') }],
    ])
    const elsewhere = await apiToken(server, other.owner)
    const theirs = `${HOME}/${other.organization_id}/projects`
    expect((await sendJson(server, 'POST', theirs, elsewhere, wish)).status).toBe(201)
    const last = await sendJson(server, 'PATCH', `${path}/default`, token, { archived: true })
    expect([last.status, (await refusal(last)).detail]).toEqual([
      409,
      'archived: cannot be true: the project default is where requests go that name no project',
    ])
    for (const slug of ['Hall', 'prj_1', '*', '-', '']) {
      expect((await sendJson(server, 'POST', path, token, { name: 'x', slug })).status, slug).toBe(400)
    }
  })

  test('that are archived take no devices, and say so; what is there can be read', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const token = await apiToken(server, owner)
    const path = `${HOME}/${organization_id}/projects`
    await sendJson(server, 'POST', path, token, { name: 'Hall' })
    expect((await sendJson(server, 'POST', `${path}/hall/devices`, token, { name: 'arm-7' })).status).toBe(
      201,
    )
    await sendJson(server, 'PATCH', `${path}/hall`, token, { archived: true })
    const late = await sendJson(server, 'POST', `${path}/hall/devices`, token, { name: 'arm-8' })
    expect([late.status, (await refusal(late)).detail]).toEqual([
      409,
      'The project hall is archived: it takes no new episodes, devices or other changes. Restore it first.',
    ])
    expect(await read(server, token, `${path}/hall/devices/arm-7`)).toMatchObject({ name: 'arm-7' })
  })

  test('outside of its pin do not exist for a key', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const token = await apiToken(server, owner)
    const path = `${HOME}/${organization_id}/projects`
    const made = await sendJson(server, 'POST', path, token, { name: 'Hall' })
    const { id } = named.parse(await made.json())
    const { key } = await mintApiKey(server.ctx, owner.caller, {
      organization_id,
      label: 'hall rig',
      project_id: id,
    })
    expect(page.parse(await read(server, key, path)).items).toEqual([expect.objectContaining({ id })])
    expect((await server.fetch(`${path}/default`, { headers: bearer(key) })).status).toBe(404)
  })

  test('that are archived still let a right be taken away: an SSH key at a robot, an enrolment token', async () => {
    await using server = await startTestServer()
    using pair = keyPair()
    const at = await tenant(server)
    const { organization_id } = at
    const { fleet, organization, sshKeys } = portalClient(server, at.owner)
    await organization.createProject.mutate({ organization_id, name: 'Attic' })
    const attic = { org: organization_id, project: 'attic' }
    await fleet.create.mutate({ ...attic, name: 'arm-7' })
    const { id } = await sshKeys.add.mutate({ name: 'laptop', key_text: pair.public_text })
    const door = { ...attic, device: 'arm-7', ssh_key_id: id }
    await fleet.selectDoorKey.mutate(door)
    const { enrolment_token } = await fleet.makeEnrolmentToken.mutate({ ...attic, label: 'cell 2' })
    await organization.changeProject.mutate({ organization_id, project: 'attic', archived: true })
    await fleet.removeDoorKey.mutate(door)
    expect(await fleet.doorKeys.query({ ...attic, device: 'arm-7' })).toMatchObject({ selected: [] })
    const ended = await fleet.revokeEnrolmentToken.mutate({ ...attic, token: enrolment_token.id })
    expect(ended.status).toBe('revoked')
    await expect(fleet.selectDoorKey.mutate(door)).rejects.toThrow('archived')
  })

  test('go along with the organizations of whoever signs in, default first', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    for (const name of ['Warehouse', 'Attic']) {
      await portal.organization.createProject.mutate({ organization_id, name })
    }
    await portal.organization.changeProject.mutate({ organization_id, project: 'attic', archived: true })
    const me = await portal.auth.me.query()
    expect(me?.organizations).toMatchObject([
      {
        id: organization_id,
        locked: false,
        projects: [
          { slug: 'default', name: 'Default', archived_at: null },
          { slug: 'attic', archived_at: expect.any(String) },
          { slug: 'warehouse' },
        ],
      },
    ])
    const nobody = await person(server)
    expect((await portalClient(server, nobody).auth.me.query())?.organizations).toEqual([])
  })
})
