import { expect, test } from 'vitest'
import { z } from 'zod'
import { device, projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { tenant } from '../seed.ts'
import { accessToken, sendJson } from '../token-requests.ts'

/** A group, or why there is none. */
const said = z.looseObject({ id: z.string().optional() })

test('a group is made, read by name or id, changed and removed over REST; its devices stay', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const token = await accessToken(server, at.owner)
  const path = `/api/v1/organizations/${at.organization_id}/projects/default/device-groups`
  const send = async (method: string, rest: string, body?: object) => {
    const answer = await sendJson(server, method, `${path}${rest}`, token, body)
    return { status: answer.status, body: said.parse(await answer.json()) }
  }
  const made = await send('POST', '', { name: 'cell 2', description: 'by the window' })
  expect(made).toMatchObject({ status: 201, body: { name: 'cell 2', device_count: 0 } })
  const group = made.body.id ?? ''
  expect(await send('POST', '', { name: 'cell 2' })).toMatchObject({
    status: 409,
    body: { errors: [{ path: 'name' }] },
  })
  const { id } = await device(server, at)
  await portalClient(server, at.owner).fleet.update.mutate({
    ...{ ...projectOf(at), device: id, group_ids: [group] },
  })
  expect(await send('GET', '')).toMatchObject({ body: { items: [{ id: group, device_count: 1 }] } })
  expect(await send('GET', '/cell%202')).toMatchObject({ body: { id: group } })
  expect(await send('PATCH', `/${group}`, { name: 'cell 3' })).toMatchObject({
    body: { name: 'cell 3', description: 'by the window' },
  })
  const listed = await portalClient(server, at.owner).fleet.list.query(projectOf(at))
  expect(listed.items[0]?.groups).toEqual([{ id: group, name: 'cell 3' }])
  expect(await send('DELETE', '/cell%203')).toMatchObject({ status: 200, body: { id: group } })
  expect(await send('GET', `/${group}`)).toMatchObject({ status: 404 })
  expect(await portalClient(server, at.owner).fleet.list.query(projectOf(at))).toMatchObject({
    items: [{ id, groups: [] }],
  })
  const events = await server.ctx.db.selectFrom('audit_events').select('action').orderBy('seq').execute()
  expect(events.map(({ action }) => action).filter((action) => action.startsWith('device'))).toEqual([
    ...['device_group.created', 'device.created', 'device.changed'],
    ...['device_group.changed', 'device_group.removed'],
  ])
})

test('groups are listed by name, page by page or cursor by cursor, with their total', async () => {
  await using server = await startTestServer()
  const at = await tenant(server)
  const { fleet } = portalClient(server, at.owner)
  for (const name of ['c', 'a', 'b']) await fleet.createGroup.mutate({ ...projectOf(at), name })
  const token = await accessToken(server, at.owner)
  const path = `/api/v1/organizations/${at.organization_id}/projects/default/device-groups`
  const list = async (query: string) => (await sendJson(server, 'GET', `${path}?${query}`, token)).json()
  const first = await list('page_size=2')
  const facts = { total: 3, page: 1, page_size: 2, next_cursor: expect.any(String) }
  expect(first).toEqual({
    items: [{ name: 'a' }, { name: 'b' }].map((group) => expect.objectContaining(group)),
    ...facts,
  })
  const last = { items: [{ name: 'c' }], total: 3, page_size: 2, next_cursor: null }
  expect(await list('page_size=2&page=2')).toMatchObject({ ...last, page: 2 })
  const { next_cursor } = z.looseObject({ next_cursor: z.string() }).parse(first)
  expect(await list(`page_size=2&cursor=${next_cursor}`)).toMatchObject({ ...last, page: null })
  expect(await list('page_size=101')).toMatchObject({ status: 400, errors: [{ path: 'page_size' }] })
})

test('a group of another organization does not exist, neither to read nor to put a device into', async () => {
  await using server = await startTestServer()
  const [at, elsewhere] = [await tenant(server), await tenant(server)]
  const theirs = await portalClient(server, elsewhere.owner).fleet.createGroup.mutate({
    ...projectOf(elsewhere),
    name: 'cell 2',
  })
  const { fleet } = portalClient(server, at.owner)
  const { id } = await device(server, at)
  const put = fleet.update.mutate({ ...projectOf(at), device: id, group_ids: [theirs.id] })
  await expect(put).rejects.toMatchObject({ data: { problem: { code: 'invalid_request' } } })
  const gone = fleet.removeGroup.mutate({ ...projectOf(at), group: theirs.id })
  await expect(gone).rejects.toMatchObject({ data: { problem: { code: 'not_found' } } })
  expect(await fleet.list.query({ ...projectOf(at), group_id: theirs.id })).toMatchObject({ total: 0 })
})
