import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { person, tenant } from '../seed.ts'

describe('clients', () => {
  test('are for staff: a tenant owner is told that the permission is missing', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    await expect(portalClient(server, owner).clients.list.query()).rejects.toMatchObject({
      data: { problem: { status: 403, detail: 'Not enough permissions' } },
    })
    await expect(portalClient(server).clients.list.query()).rejects.toMatchObject({
      data: { problem: { status: 401, detail: 'Could not validate credentials' } },
    })
  })

  test('are created with a default project and counted with their live keys', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const portal = portalClient(server, await person(server, { staff: true }))
    const made = await portal.clients.create.mutate({ name: 'Kestrel Drones Ltd.' })
    expect(made).toMatchObject({
      slug: 'kestrel-drones-ltd',
      projects: [{ slug: 'default' }],
      members: [{ role: 'owner' }],
    })
    const listed = await portal.clients.list.query()
    expect(listed.map(({ name }) => name)).toEqual(['Halcyon Robotics', 'Kestrel Drones Ltd.'])
    expect(listed.find(({ id }) => id === organization_id)).toMatchObject({
      member_count: 1,
      live_key_count: 1,
      last_used_at: null,
    })
    await expect(
      portal.clients.create.mutate({ name: 'Other', slug: 'kestrel-drones-ltd' }),
    ).rejects.toMatchObject({
      data: { problem: { code: 'conflict', errors: [{ path: 'slug' }] } },
    })
  })
})
