import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { member, person, tenant } from '../seed.ts'

test('admins say how long keys live and what happens to leaked ones; members and viewers only look', async () => {
  await using server = await startTestServer()
  const { organization_id } = await tenant(server)
  const policy = { organization_id, key_days_max: 90, leaked_keys: 'notify' as const }
  const admin = portalClient(server, await member(server, organization_id, 'admin'))
  expect(await admin.keyPolicy.set.mutate(policy)).toEqual({
    key_days_max: 90,
    leaked_keys: 'notify',
    rate_limit: null,
  })
  for (const role of ['member', 'viewer'] as const) {
    const portal = portalClient(server, await member(server, organization_id, role))
    expect(await portal.keyPolicy.get.query({ organization_id })).toMatchObject({ key_days_max: 90 })
    await expect(portal.keyPolicy.set.mutate(policy)).rejects.toMatchObject({
      data: { problem: { code: 'forbidden' } },
    })
  }
  const stranger = portalClient(server, (await tenant(server)).owner)
  const missing = { data: { problem: { code: 'not_found' } } }
  await expect(stranger.keyPolicy.get.query({ organization_id })).rejects.toMatchObject(missing)
  await expect(stranger.keyPolicy.set.mutate(policy)).rejects.toMatchObject(missing)
})

test('(74) the rate is for staff to set; both changes stand in the audit trail', async () => {
  await using server = await startTestServer()
  const { organization_id, owner } = await tenant(server)
  const portal = portalClient(server, owner)
  await expect(
    portal.keyPolicy.setRateLimit.mutate({ organization_id, rate_limit: 600 }),
  ).rejects.toMatchObject({
    data: { problem: { code: 'forbidden' } },
  })
  const staff = portalClient(server, await person(server, { staff: true }))
  expect((await staff.keyPolicy.setRateLimit.mutate({ organization_id, rate_limit: 600 })).rate_limit).toBe(
    600,
  )
  await portal.keyPolicy.set.mutate({ organization_id, key_days_max: null, leaked_keys: 'revoke' })
  const events = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'detail'])
    .where('target', '=', organization_id)
    .orderBy('seq')
    .execute()
  expect(events).toEqual([
    { action: 'organization.rate_limit_changed', detail: '{"rate_limit":600}' },
    { action: 'organization.key_policy_changed', detail: '{"key_days_max":null,"leaked_keys":"revoke"}' },
  ])
  for (const key_days_max of [0, 3651, 1.5]) {
    await expect(
      portal.keyPolicy.set.mutate({ organization_id, key_days_max, leaked_keys: 'revoke' }),
    ).rejects.toMatchObject({ data: { problem: { code: 'invalid_request' } } })
  }
})
