import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Role } from '../../server/caller.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, me, mutate, signIn } from '../portal-request.ts'
import { member, type Person, person, tenant } from '../seed.ts'

const refused = (code: string) => ({ data: { problem: { code } } })
const NEW_PASSWORD = 'seven green forklifts at noon'

const tokenOf = (link: string): string => new URL(link).searchParams.get('token') ?? ''

async function invite(
  server: TestServer,
  by: Person,
  organization_id: string,
  more: { email?: string; role?: Role; days?: 1 | 7 | 30 } = {},
) {
  const made = await portalClient(server, by).invitations.make.mutate({
    organization_id,
    email: 'new@lab.example',
    role: 'member',
    ...more,
  })
  return { ...made, token: tokenOf(made.link), id: made.invitation.id }
}

const join = (server: TestServer, token: string, password = NEW_PASSWORD) =>
  mutate(server, 'invitation.join', { token, name: 'Robin Vale', password })

async function membership(server: TestServer, organization_id: string, email: string) {
  return server.ctx.db
    .selectFrom('members as m')
    .innerJoin('accounts as a', 'a.id', 'm.account_id')
    .select(['m.role', 'a.email_verified_at', 'a.id'])
    .where('m.organization_id', '=', organization_id)
    .where('a.email', '=', email)
    .executeTakeFirst()
}

describe('an invitation', () => {
  test('(4) is a link below PUBLIC_URL whose token is kept as a hash only', async () => {
    await using server = await startTestServer({ PUBLIC_URL: 'https://robots.example' })
    const { organization_id, owner } = await tenant(server)
    owner.cookie = `__Host-${owner.cookie}`
    const { link, token, invitation } = await invite(server, owner, organization_id)
    expect(link).toMatch(/^https:\/\/robots\.example\/invitation\?token=[\w-]{43}$/)
    expect(invitation).toMatchObject({
      email: 'new@lab.example',
      role: 'member',
      status: 'open',
      mail: 'none',
    })
    const row = await server.ctx.db.selectFrom('invitations').selectAll().executeTakeFirstOrThrow()
    expect(row.token_hash).toBe(createHash('sha256').update(token).digest('hex'))
    expect(JSON.stringify(row)).not.toContain(token)
    expect(server.log()).not.toContain(token)
  })

  test('opens an account with a password, joins with the invited role and signs in', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id, { role: 'admin' })
    const answer = await join(server, token)
    expect(answer.status).toBe(200)
    expect(await me(server, cookiesOf(answer))).toMatchObject({
      account: { email: 'new@lab.example', name: 'Robin Vale', staff: false },
      organizations: [{ id: organization_id, role: 'admin' }],
    })
    expect((await signIn(server, 'new@lab.example', NEW_PASSWORD)).status).toBe(200)
    // The inviter has seen this link too, so it proves nothing about the mailbox.
    expect(await membership(server, organization_id, 'new@lab.example')).toMatchObject({
      role: 'admin',
      email_verified_at: null,
    })
  })

  test('(50) works once, even for two at the same moment', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id)
    const answers = await Promise.all(Array.from({ length: 4 }, () => join(server, token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await join(server, token)).status).toBe(404)
    expect(await server.ctx.db.selectFrom('accounts').selectAll().execute()).toHaveLength(2)
  })

  test.each([
    [1, '23h', '2h'],
    [7, '6d', '25h'],
    [30, '29d', '25h'],
  ] as const)('for %i days is good until then and not longer', async (days, within, beyond) => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id, { days })
    server.clock.advance(within)
    const view = () => portalClient(server).invitation.view.mutate({ token })
    expect(await view()).toMatchObject({ next: 'make_account', email: 'new@lab.example' })
    server.clock.advance(beyond)
    await expect(view()).rejects.toMatchObject(refused('not_found'))
    expect((await join(server, token)).status).toBe(404)
  })

  test('answers the same when it is unknown, used, expired, revoked, made again or its maker was demoted', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const portal = portalClient(server, owner)
    const at = (n: number) => ({ email: `p${n}@lab.example` })
    const expired = await invite(server, owner, organization_id, { ...at(1), days: 1 })
    server.clock.advance('25h')
    // Two hours after the sign-in, these ask for the password again: so everybody signs in anew.
    owner.cookie = cookiesOf(await signIn(server, owner.email))
    admin.cookie = cookiesOf(await signIn(server, admin.email))
    const fresh = portalClient(server, owner)
    const used = await invite(server, owner, organization_id, at(2))
    await join(server, used.token)
    const revoked = await invite(server, owner, organization_id, at(3))
    await portal.invitations.revoke.mutate({ id: revoked.id })
    const renewed = await invite(server, owner, organization_id, at(4))
    await fresh.invitations.renew.mutate({ id: renewed.id })
    const orphaned = await invite(server, admin, organization_id, at(5))
    await fresh.members.changeRole.mutate({
      organization_id,
      account_id: admin.caller.account_id,
      role: 'member',
    })
    const dead = ['x'.repeat(43), ...[used, expired, revoked, renewed, orphaned].map(({ token }) => token)]
    const bodies = new Set<string>()
    for (const token of dead) {
      for (const answer of [await mutate(server, 'invitation.view', { token }), await join(server, token)]) {
        expect(answer.status).toBe(404)
        bodies.add((await answer.text()).replaceAll(/req_\w+|trpc\/invitation\.\w+|"path":"[^"]+"/g, ''))
      }
    }
    expect(bodies.size).toBe(1)
    expect([...bodies][0]).toContain('Ask whoever invited you for a new one.')
  })

  test('takes no password that guessing would find, and stays open', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id)
    for (const weak of ['short', 'password1', 'halcyonrobotics1', 'robinvale99']) {
      const answer = await join(server, token, weak)
      expect(answer.status, weak).toBe(400)
      expect(await answer.text()).toContain('"path":"password"')
    }
    expect((await join(server, token)).status).toBe(200)
  })

  test('(29) is not used by looking at it, and looking is no GET', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id)
    const before = await server.ctx.db.selectFrom('invitations').selectAll().execute()
    await portalClient(server).invitation.view.mutate({ token })
    await server.fetch(`/invitation?token=${token}`)
    const input = encodeURIComponent(JSON.stringify({ token, name: 'x', password: NEW_PASSWORD }))
    for (const name of ['view', 'join', 'accept']) {
      expect((await server.fetch(`/trpc/invitation.${name}?input=${input}`)).status).toBe(405)
    }
    expect(await server.ctx.db.selectFrom('invitations').selectAll().execute()).toEqual(before)
  })
})

describe('(50) bound to its address', () => {
  test('somebody signed in as that address joins with a click', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await person(server)
    const { token } = await invite(server, owner, organization_id, { email: casey.email.toUpperCase() })
    const portal = portalClient(server, casey)
    expect(await portal.invitation.view.mutate({ token })).toMatchObject({ next: 'join', role: 'member' })
    await portal.invitation.accept.mutate({ token })
    expect(await membership(server, organization_id, casey.email)).toMatchObject({ role: 'member' })
    await expect(portal.invitation.accept.mutate({ token })).rejects.toMatchObject(refused('not_found'))
    // Whoever accepted it is reminded of that; everybody else learns nothing.
    expect(await portal.invitation.view.mutate({ token })).toMatchObject({ next: 'joined' })
    for (const other of [portalClient(server, owner), portalClient(server)]) {
      await expect(other.invitation.view.mutate({ token })).rejects.toMatchObject(refused('not_found'))
    }
  })

  test('somebody signed in as another address is told so and does not join', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const { token } = await invite(server, owner, organization_id)
    const other = await person(server)
    const portal = portalClient(server, other)
    expect(await portal.invitation.view.mutate({ token })).toMatchObject({ next: 'other_account' })
    await expect(portal.invitation.accept.mutate({ token })).rejects.toMatchObject({
      data: { problem: { code: 'forbidden', detail: expect.stringContaining('new@lab.example') } },
    })
    expect(await membership(server, organization_id, other.email)).toBeUndefined()
  })

  test('an address that has an account signs in first: the link never sets a new password', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await person(server)
    const { token } = await invite(server, owner, organization_id, { email: casey.email })
    expect(await portalClient(server).invitation.view.mutate({ token })).toMatchObject({ next: 'sign_in' })
    const taken = await join(server, token)
    expect(taken.status).toBe(409)
    expect(taken.headers.getSetCookie()).toEqual([])
    expect((await signIn(server, casey.email)).status).toBe(200)
    expect((await signIn(server, casey.email, NEW_PASSWORD)).status).toBe(401)
    expect(await membership(server, organization_id, casey.email)).toBeUndefined()
  })

  test('a member who accepts another invitation keeps the role they have', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const casey = await person(server)
    const { token } = await invite(server, owner, organization_id, { email: casey.email, role: 'admin' })
    await server.ctx.db
      .insertInto('members')
      .values({
        organization_id,
        account_id: casey.caller.account_id,
        role: 'viewer',
        created_at: server.ctx.now().toISOString(),
      })
      .execute()
    await portalClient(server, casey).invitation.accept.mutate({ token })
    expect(await membership(server, organization_id, casey.email)).toMatchObject({ role: 'viewer' })
  })
})

describe('(50) never above the inviter', () => {
  test.each<[Role, Role, boolean]>([
    ['owner', 'owner', true],
    ['admin', 'admin', true],
    ['admin', 'owner', false],
    ['member', 'viewer', false],
    ['viewer', 'viewer', false],
  ])('%s invites as %s: %s', async (own, role, allowed) => {
    await using server = await startTestServer()
    const { organization_id } = await tenant(server)
    const inviter = await member(server, organization_id, own)
    const attempt = invite(server, inviter, organization_id, { role })
    if (allowed) expect((await attempt).invitation.role).toBe(role)
    else await expect(attempt).rejects.toMatchObject(refused('forbidden'))
  })

  test.each(['demoted', 'removed', 'locked'] as const)(
    'an inviter who was %s since raises nobody, until somebody who may makes the link again',
    async (how) => {
      await using server = await startTestServer()
      const { organization_id, owner } = await tenant(server)
      const admin = await member(server, organization_id, 'admin')
      const { token, id } = await invite(server, admin, organization_id, { role: 'admin' })
      const about = { organization_id, account_id: admin.caller.account_id }
      const portal = portalClient(server, owner)
      if (how === 'demoted') await portal.members.changeRole.mutate({ ...about, role: 'member' })
      if (how === 'removed') await portal.members.remove.mutate(about)
      if (how === 'locked') {
        await server.ctx.db
          .updateTable('accounts')
          .set({ disabled_at: server.ctx.now().toISOString() })
          .where('id', '=', admin.caller.account_id)
          .execute()
      }
      expect((await join(server, token)).status).toBe(404)
      expect(await portal.invitations.list.query({ organization_id })).toMatchObject([{ status: 'void' }])
      const again = await portal.invitations.renew.mutate({ id })
      expect(again.invitation).toMatchObject({ status: 'open', invited_by: { name: owner.caller.name } })
      expect((await join(server, tokenOf(again.link))).status).toBe(200)
    },
  )

  test('an admin does not renew what only an owner may give', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const admin = await member(server, organization_id, 'admin')
    const { id, token } = await invite(server, owner, organization_id, { role: 'owner' })
    await expect(portalClient(server, admin).invitations.renew.mutate({ id })).rejects.toMatchObject(
      refused('forbidden'),
    )
    expect(await portalClient(server).invitation.view.mutate({ token })).toMatchObject({ role: 'owner' })
  })
})

describe('whoever invites', () => {
  test('(18) gets the same answer for an address with an account as for one without', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const known = await person(server)
    const shapes = []
    for (const email of [known.email, 'nobody@lab.example']) {
      const { invitation, link } = await invite(server, owner, organization_id, { email })
      const { id: _, email: __, created_at: ___, expires_at: ____, ...rest } = invitation
      shapes.push({ ...rest, link: link.replace(/=.*/, '') })
    }
    expect(shapes[0]).toEqual(shapes[1])
  })

  test('is told when the address is a member or invited already', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    await invite(server, owner, organization_id)
    const at_email = { data: { problem: { code: 'conflict', errors: [{ path: 'email' }] } } }
    await expect(invite(server, owner, organization_id, { email: 'NEW@lab.example' })).rejects.toMatchObject(
      at_email,
    )
    await expect(invite(server, owner, organization_id, { email: owner.email })).rejects.toMatchObject(
      at_email,
    )
    await expect(invite(server, owner, organization_id, { email: 'no address' })).rejects.toMatchObject({
      data: { problem: { code: 'invalid_request', errors: [{ path: 'email' }] } },
    })
  })

  test('(25) cannot touch what belongs to another organization, as if it did not exist', async () => {
    await using server = await startTestServer()
    const [mine, theirs] = [await tenant(server), await tenant(server)]
    const { id, token } = await invite(server, theirs.owner, theirs.organization_id)
    const portal = portalClient(server, mine.owner).invitations
    for (const unknown of [id, 'inv_00000000000000000000']) {
      await expect(portal.revoke.mutate({ id: unknown })).rejects.toMatchObject(refused('not_found'))
      await expect(portal.renew.mutate({ id: unknown })).rejects.toMatchObject(refused('not_found'))
    }
    const { organization_id } = theirs
    await expect(portal.list.query({ organization_id })).rejects.toMatchObject(refused('not_found'))
    expect(await portalClient(server).invitation.view.mutate({ token })).toMatchObject({ role: 'member' })
  })

  test('(74) finds every step in the audit trail, without a token', async () => {
    await using server = await startTestServer()
    const { organization_id, owner } = await tenant(server)
    const first = await invite(server, owner, organization_id)
    await join(server, first.token)
    const second = await invite(server, owner, organization_id, { email: 'two@lab.example' })
    await portalClient(server, owner).invitations.revoke.mutate({ id: second.id })
    const events = await server.ctx.db
      .selectFrom('audit_events')
      .selectAll()
      .where('action', 'like', 'invitation.%')
      .orderBy('seq')
      .execute()
    expect(events.map(({ action, target }) => [action, target])).toEqual([
      ['invitation.made', first.id],
      ['invitation.accepted', first.id],
      ['invitation.made', second.id],
      ['invitation.revoked', second.id],
    ])
    const joined = await membership(server, organization_id, 'new@lab.example')
    expect(events[1]).toMatchObject({ actor_kind: 'person', actor_id: joined?.id, organization_id })
    for (const { token } of [first, second]) expect(JSON.stringify(events)).not.toContain(token)
  })
})
