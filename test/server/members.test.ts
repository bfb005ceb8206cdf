import { describe, expect, test } from 'vitest'
import type { Role } from '../../server/caller.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { apiToken, everywhereKey, personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import { member, type Person, person, tenant } from '../seed.ts'

const refused = (code: string) => ({ data: { problem: { code } } })
const id = (who: Person) => who.caller.account_id

async function rolesIn(server: TestServer, organization_id: string): Promise<Record<string, Role>> {
  const rows = await server.ctx.db
    .selectFrom('members')
    .select(['account_id', 'role'])
    .where('organization_id', '=', organization_id)
    .execute()
  return Object.fromEntries(rows.map(({ account_id, role }) => [account_id, role]))
}

async function eventsAbout(server: TestServer, target: string) {
  const rows = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'actor_id', 'organization_id', 'detail'])
    .where('target', '=', target)
    .orderBy('seq')
    .execute()
  return rows.map((row) => ({ ...row, detail: JSON.parse(row.detail) }))
}

describe('the list of members', () => {
  test('says role, since when, last seen and how many live personal credentials each has', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await member(server, organization_id, 'member')
    const live = await personalKey(server, casey, organization_id)
    await everywhereKey(server, casey, 'all my labs')
    await apiToken(server, casey)
    await portalClient(server, casey).apiKeys.list.query({ organization_id })
    const dead = await personalKey(server, casey, organization_id)
    await server.ctx.db
      .updateTable('api_keys')
      .set({ revoked_at: server.ctx.now().toISOString() })
      .where('id', '=', dead.id)
      .execute()
    const elsewhere = await tenant(server)
    await personalKey(server, casey, elsewhere.organization_id)
    expect(live.id).not.toBe(dead.id)
    const listed = await portalClient(server, owner).members.list.query({ organization_id })
    expect(
      listed.map(({ account_id, role, credential_count }) => [account_id, role, credential_count]),
    ).toEqual([
      [id(casey), 'member', 3],
      [id(owner), 'owner', 0],
    ])
    expect(listed[0]?.last_seen_at).toMatch(/^\d{4}-/)
  })

  test('(25) is there for members alone: to others the organization does not exist', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const viewer = portalClient(server, await member(server, organization_id, 'viewer'))
    expect(await viewer.members.list.query({ organization_id })).toHaveLength(2)
    const stranger = portalClient(server, (await tenant(server)).owner)
    await expect(stranger.members.list.query({ organization_id })).rejects.toMatchObject(refused('not_found'))
  })
})

describe('another role', () => {
  test.each<[Role, Role, Role, string | undefined]>([
    ['owner', 'member', 'owner', undefined],
    ['owner', 'owner', 'viewer', undefined],
    ['admin', 'member', 'admin', undefined],
    ['admin', 'admin', 'viewer', undefined],
    ['admin', 'member', 'owner', 'forbidden'],
    ['admin', 'owner', 'admin', 'forbidden'],
    ['member', 'viewer', 'member', 'forbidden'],
    ['member', 'admin', 'viewer', 'forbidden'],
    ['viewer', 'viewer', 'owner', 'forbidden'],
  ])('(50) %s makes %s %s: nobody gives a role above their own', async (own, from, role, code) => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const [actor, target] = [
      await member(server, organization_id, own),
      await member(server, organization_id, from),
    ]
    const change = portalClient(server, actor).members.changeRole.mutate({
      organization_id,
      account_id: id(target),
      role,
    })
    if (code) await expect(change).rejects.toMatchObject(refused(code))
    else await change
    expect((await rolesIn(server, organization_id))[id(target)]).toBe(code ? from : role)
    const events = await eventsAbout(server, id(target))
    expect(events).toEqual(
      code
        ? []
        : [
            {
              action: 'member.role_changed',
              actor_id: id(actor),
              organization_id,
              detail: { from, to: role },
            },
          ],
    )
  })

  test('nobody raises themselves, and a stranger learns nothing', async () => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const named = { organization_id, account_id: id(admin), role: 'owner' as const }
    await expect(portalClient(server, admin).members.changeRole.mutate(named)).rejects.toMatchObject(
      refused('forbidden'),
    )
    const stranger = (await tenant(server)).owner
    await expect(portalClient(server, stranger).members.changeRole.mutate(named)).rejects.toMatchObject(
      refused('not_found'),
    )
    const nobody = { ...named, account_id: id(stranger), role: 'member' as const }
    await expect(portalClient(server, admin).members.changeRole.mutate(nobody)).rejects.toMatchObject(
      refused('not_found'),
    )
  })

  test('needs somebody who proved to be there in the last two hours', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const target = await member(server, organization_id, 'member')
    server.clock.advance('3h')
    const portal = portalClient(server, owner)
    const named = { organization_id, account_id: id(target) }
    for (const attempt of [
      portal.members.changeRole.mutate({ ...named, role: 'admin' }),
      portal.members.remove.mutate(named),
      portal.members.transferOwnership.mutate(named),
      portal.members.leave.mutate({ organization_id }),
      portal.invitations.make.mutate({ organization_id, email: 'new@lab.example', role: 'viewer' }),
    ]) {
      await expect(attempt).rejects.toMatchObject(refused('step_up_required'))
    }
    expect((await rolesIn(server, organization_id))[id(target)]).toBe('member')
  })
})

describe('(49) the last owner', () => {
  test('cannot leave, be removed or be demoted, and is told what to do first', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const portal = portalClient(server, owner)
    const named = { organization_id, account_id: id(owner) }
    const told = {
      data: {
        problem: {
          code: 'conflict',
          status: 409,
          detail: expect.stringContaining('Make another member owner first'),
        },
      },
    }
    await expect(portal.members.leave.mutate({ organization_id })).rejects.toMatchObject(told)
    await expect(portal.members.remove.mutate(named)).rejects.toMatchObject(told)
    await expect(portal.members.changeRole.mutate({ ...named, role: 'admin' })).rejects.toMatchObject(told)
    const staff = portalClient(server, await person(server, { staff: true }))
    await expect(staff.members.remove.mutate(named)).rejects.toMatchObject(told)
    expect(await rolesIn(server, organization_id)).toEqual({ [id(owner)]: 'owner' })
  })

  test('stays when the only other owner is locked out', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const other = await member(server, organization_id, 'owner')
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', id(other))
      .execute()
    await expect(portalClient(server, owner).members.leave.mutate({ organization_id })).rejects.toMatchObject(
      refused('conflict'),
    )
  })

  test('is kept when two owners demote, remove or leave each other at the same moment', async () => {
    await using server = await startTestServer()
    for (let round = 0; round < 8; round++) {
      const { organization_id, owner } = await tenant(server)
      const other = await member(server, organization_id, 'owner')
      const [mine, theirs] = [portalClient(server, owner), portalClient(server, other)]
      const about = (who: Person) => ({ organization_id, account_id: id(who) })
      const attempts =
        round % 2 === 0
          ? [
              mine.members.changeRole.mutate({ ...about(other), role: 'member' }),
              theirs.members.changeRole.mutate({ ...about(owner), role: 'member' }),
              theirs.members.remove.mutate(about(owner)),
            ]
          : [
              mine.members.leave.mutate({ organization_id }),
              theirs.members.leave.mutate({ organization_id }),
              mine.members.changeRole.mutate({ ...about(owner), role: 'viewer' }),
            ]
      const outcomes = await Promise.allSettled(attempts)
      const owners = Object.values(await rolesIn(server, organization_id)).filter((role) => role === 'owner')
      expect(owners).toHaveLength(1)
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    }
  })
})

describe('handing the ownership over', () => {
  test('makes a member owner and the owner admin, in one step and in the audit trail', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const heir = await member(server, organization_id, 'viewer')
    const named = { organization_id, account_id: id(heir) }
    await portalClient(server, owner).members.transferOwnership.mutate(named)
    expect(await rolesIn(server, organization_id)).toEqual({ [id(owner)]: 'admin', [id(heir)]: 'owner' })
    expect((await eventsAbout(server, id(heir)))[0]).toMatchObject({
      action: 'member.role_changed',
      detail: { from: 'viewer', to: 'owner' },
    })
    expect((await eventsAbout(server, id(owner)))[0]).toMatchObject({
      detail: { from: 'owner', to: 'admin' },
    })
    await expect(portalClient(server, owner).members.transferOwnership.mutate(named)).rejects.toMatchObject(
      refused('forbidden'),
    )
  })

  test('is for owners, and goes to a member who can sign in', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const locked = await member(server, organization_id, 'member')
    await server.ctx.db
      .updateTable('accounts')
      .set({ disabled_at: server.ctx.now().toISOString() })
      .where('id', '=', id(locked))
      .execute()
    const to = (who: Person) => ({ organization_id, account_id: id(who) })
    const portal = portalClient(server, owner).members
    await expect(portal.transferOwnership.mutate(to(locked))).rejects.toMatchObject(refused('conflict'))
    await expect(portal.transferOwnership.mutate(to(owner))).rejects.toMatchObject(refused('conflict'))
    const stranger = await person(server)
    await expect(portal.transferOwnership.mutate(to(stranger))).rejects.toMatchObject(refused('not_found'))
    await expect(
      portalClient(server, admin).members.transferOwnership.mutate(to(admin)),
    ).rejects.toMatchObject(refused('forbidden'))
  })
})
