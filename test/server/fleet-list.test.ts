import { describe, expect, test } from 'vitest'
import type { DeviceList } from '../../sdk/wire.ts'
import { newId } from '../../server/db/ids.ts'
import { countedDatabase } from '../database-counter.ts'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { type Tenant, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

interface Wish {
  name: string
  project_id?: string
  dsn?: string
  type?: string
  status?: 'online' | 'offline' | 'maintenance'
  confirmed_at?: string | null
}

/** Devices in any state, written as rows. */
async function insertDevices(server: TestServer, at: Tenant, wishes: Wish[]): Promise<void> {
  const created_at = server.ctx.now().toISOString()
  const project = await projectIdOf(server, at)
  const rows = wishes.map((wish) => ({
    ...{
      id: newId('dev'),
      organization_id: at.organization_id,
      project_id: project,
      status: 'offline' as const,
    },
    ...{ created_by: at.owner.caller.account_id, created_at, confirmed_at: created_at },
    ...(wish.status === 'online' ? { last_heartbeat_at: created_at } : {}),
    ...wish,
  }))
  for (const row of rows) await server.ctx.db.insertInto('devices').values(row).execute()
}

async function projectIdOf(server: TestServer, { organization_id }: Tenant): Promise<string> {
  const { id } = await server.ctx.db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', organization_id)
    .where('slug', '=', 'default')
    .executeTakeFirstOrThrow()
  return id
}

async function insertProject(server: TestServer, { organization_id }: Tenant, slug: string): Promise<string> {
  const id = newId('prj')
  const created_at = server.ctx.now().toISOString()
  await server.ctx.db
    .insertInto('projects')
    .values({ id, organization_id, slug, name: slug, created_at })
    .execute()
  return id
}

const path = ({ organization_id }: Tenant, project = 'default') =>
  `/api/v1/organizations/${organization_id}/projects/${project}/devices`

async function list(server: TestServer, at: Tenant, query = '', of = path(at)): Promise<DeviceList> {
  const answer = await sendJson(server, 'GET', `${of}?${query}`, at.api_key)
  expect(answer.status, query).toBe(200)
  // The server checks its own answer against the wire while it is tested.
  return (await answer.json()) as DeviceList
}

const names = ({ items }: DeviceList) => items.map(({ name }) => name)
const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `arm-${String(index).padStart(3, '0')}` }))

describe('the list of devices', () => {
  test('is by name, twenty at a time, by page number or by cursor, with the total beside each page', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await insertDevices(server, at, numbered(47).reverse())
    const first = await list(server, at)
    expect(first).toMatchObject({ total: 47, page: 1, page_size: 20 })
    expect(names(first)).toEqual(numbered(20).map(({ name }) => name))
    const third = await list(server, at, 'page=3')
    expect(third).toMatchObject({ total: 47, page: 3, next_cursor: null })
    expect(names(third)).toEqual([
      'arm-040',
      'arm-041',
      'arm-042',
      'arm-043',
      'arm-044',
      'arm-045',
      'arm-046',
    ])
    expect(await list(server, at, 'page=4')).toMatchObject({ items: [], total: 47, next_cursor: null })
    const behind = await list(server, at, `page_size=40&cursor=${first.next_cursor}`)
    expect(behind).toMatchObject({ total: 47, page: null, page_size: 40, next_cursor: null })
    expect(names(behind)).toEqual(
      numbered(47)
        .slice(20)
        .map(({ name }) => name),
    )
    const all = await list(server, at, 'page_size=47')
    expect(all.next_cursor).toBeNull()
  })

  test.each(['page=0', 'page=x', 'page_size=101', 'page_size=0', 'cursor=abc', 'status=lost', 'confirmed=1'])(
    'refuses %s by the field’s name',
    async (query) => {
      await using server = await startTestServer()
      const at = await tenant(server)
      const answer = await sendJson(server, 'GET', `${path(at)}?${query}`, at.api_key)
      expect([answer.status, await answer.json()]).toMatchObject([
        400,
        { errors: [{ path: query.split('=')[0] }] },
      ])
    },
  )

  test('is narrowed by status, type, group, text and whether somebody confirmed them, and the total with it', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await insertDevices(server, at, [
      { name: 'arm-1', dsn: 'SN-100%', type: 'arm', status: 'online' },
      { name: 'arm-2', dsn: 'SN-1000', type: 'arm' },
      { name: 'cart', type: 'amr', status: 'online' },
      { name: 'a robot', confirmed_at: null },
    ])
    const { fleet } = portalClient(server, at.owner)
    const group = await fleet.createGroup.mutate({ ...projectOf(at), name: 'cell 2' })
    for (const device of ['arm-1', 'cart']) {
      await fleet.update.mutate({ ...projectOf(at), device, group_ids: [group.id] })
    }
    const found = async (query: string) => {
      const { total, ...rest } = await list(server, at, query)
      const { items } = await list(server, at, `${query}&page_size=1&page=${Math.max(1, total)}`)
      expect(items.map(({ name }) => name)).toEqual(names({ total, ...rest }).slice(-1))
      expect(total).toBe(rest.items.length)
      return names({ total, ...rest })
    }
    expect(await found('status=online')).toEqual(['arm-1', 'cart'])
    expect(await found('type=arm')).toEqual(['arm-1', 'arm-2'])
    expect(await found('type=arm&status=offline')).toEqual(['arm-2'])
    expect(await found('confirmed=false')).toEqual(['a robot'])
    expect(await found('confirmed=true&status=offline')).toEqual(['arm-2'])
    expect(await found(`group_id=${group.id}`)).toEqual(['arm-1', 'cart'])
    expect(await found(`group_id=${group.id}&type=amr`)).toEqual(['cart'])
    expect(await found('text=ARM')).toEqual(['arm-1', 'arm-2'])
    expect(await found('text=sn-100')).toEqual(['arm-1', 'arm-2'])
    expect(await found('text=100%25')).toEqual(['arm-1'])
    expect(await found('text=_')).toEqual([])
    expect(await found('text=rob')).toEqual(['a robot'])
    expect(await found('text=zzz')).toEqual([])
    expect(await fleet.facets.query(projectOf(at))).toEqual({
      types: ['amr', 'arm'],
      environments: [],
      groups: [{ id: group.id, name: 'cell 2' }],
    })
  })

  test('of all projects of an organization walks them by name as one, and a pinned key sees its own', async () => {
    await using server = await startTestServer()
    const [at, elsewhere] = [await tenant(server), await tenant(server)]
    const warehouse = await insertProject(server, at, 'warehouse')
    await insertDevices(server, at, [
      { name: 'arm-1' },
      { name: 'arm-1', project_id: warehouse },
      { name: 'arm-0', project_id: warehouse },
      { name: 'arm-2', type: 'arm' },
    ])
    await insertDevices(server, elsewhere, [{ name: 'arm-1' }])
    const of = `/api/v1/organizations/${at.organization_id}/devices`
    const walked: string[] = []
    for (let cursor = ''; ; ) {
      const page = await list(server, at, `page_size=1${cursor && `&cursor=${cursor}`}`, of)
      expect(page.total).toBe(4)
      walked.push(...page.items.map(({ name, project }) => `${project}/${name}`))
      if (page.next_cursor === null) break
      cursor = page.next_cursor
    }
    expect(walked).toHaveLength(4)
    expect(walked[0]).toBe('warehouse/arm-0')
    expect(walked.slice(1, 3).sort()).toEqual(['default/arm-1', 'warehouse/arm-1'])
    expect(walked[3]).toBe('default/arm-2')
    for (const [index, one] of walked.entries()) {
      const page = await list(server, at, `page_size=1&page=${index + 1}`, of)
      expect(page.items.map(({ name, project }) => `${project}/${name}`)).toEqual([one])
    }
    expect(await list(server, at, 'type=arm', of)).toMatchObject({ total: 1, items: [{ name: 'arm-2' }] })
    await server.ctx.db
      .updateTable('api_keys')
      .set({ project_id: warehouse })
      .where('id', '=', at.api_key_id)
      .execute()
    expect(await list(server, at, '', of)).toMatchObject({
      total: 2,
      items: [{ project: 'warehouse' }, { project: 'warehouse' }],
    })
    expect((await sendJson(server, 'GET', path(at), at.api_key)).status).toBe(404)
  })

  test('shows a key that is pinned to one device that one, and counts it', async () => {
    await using server = await startTestServer()
    const at = await tenant(server)
    await insertDevices(server, at, numbered(3))
    const { key } = await device(server, at, 'mine')
    for (const of of [path(at), `/api/v1/organizations/${at.organization_id}/devices`]) {
      const seen = await (await sendJson(server, 'GET', of, key)).json()
      expect(seen, of).toMatchObject({ items: [{ name: 'mine' }], total: 1, next_cursor: null })
    }
  })

  test('costs as many statements for a hundred devices as for one', async () => {
    const { db, statements } = countedDatabase()
    await using server = await startTestServer({}, { overrides: { db } })
    const at = await tenant(server)
    await insertDevices(server, at, numbered(130))
    const asked = async (page_size: number) => {
      const before = statements()
      expect((await list(server, at, `page_size=${page_size}`)).items).toHaveLength(page_size)
      return statements() - before
    }
    // What notes the use of the key has its own rhythm.
    await asked(1)
    expect(await asked(100)).toBe(await asked(1))
  })
})
