import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { bearer, member, PASSWORD, tenant } from '../seed.ts'
import { approve, auditTrail, pageOf, poll, start } from './login.ts'

/** What an organization asks of device logins (E43). */
const OPEN = { allowed: true, networks: [], key_days: null, step_up: false }

test('(74) E43 is open to begin with, seen by members, changed by admins, and the change is audited', async () => {
  await using server = await startTestServer()
  const { organization_id, owner } = await tenant(server)
  const viewer = await member(server, organization_id, 'viewer')
  expect(await pageOf(server, viewer).policy.query({ organization_id })).toEqual(OPEN)
  const changed = { organization_id, allowed: true, networks: ['10.0.0.0/8'], key_days: 30, step_up: true }
  await expect(pageOf(server, viewer).setPolicy.mutate(changed)).rejects.toMatchObject({
    data: { problem: { code: 'forbidden' } },
  })
  const policy = await pageOf(server, owner).setPolicy.mutate(changed)
  expect(await pageOf(server, owner).policy.query({ organization_id })).toEqual(policy)
  expect(await auditTrail(server)).toContain('device_login_policy.changed')
})

test('E43 off: start answers as ever, so that nobody learns of it, and approving is refused', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await pageOf(server, lab.owner).setPolicy.mutate({
    ...OPEN,
    organization_id: lab.organization_id,
    allowed: false,
  })
  const login = await start(server)
  expect((await pageOf(server, lab.owner).claim.mutate(login)).organizations).toEqual([])
  await expect(approve(server, lab, login)).rejects.toMatchObject({
    data: { problem: { code: 'forbidden' } },
  })
})

test('E43 networks: a terminal from elsewhere is not let in, one from within is', async () => {
  await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
  const lab = await tenant(server)
  const networks = ['10.1.0.0/16', '2001:db8::/32', '127.0.0.0/8']
  await pageOf(server, lab.owner).setPolicy.mutate({
    ...OPEN,
    organization_id: lab.organization_id,
    networks,
  })
  for (const [from, count] of [
    ['10.1.2.3', 1],
    ['2001:db8:1::1', 1],
    ['10.2.0.1', 0],
    ['192.0.2.1', 0],
  ] as const) {
    const view = await pageOf(server, lab.owner).claim.mutate(await start(server, from))
    expect(view.organizations, from).toHaveLength(count)
  }
  await expect(
    pageOf(server, lab.owner).setPolicy.mutate({
      ...OPEN,
      organization_id: lab.organization_id,
      networks: ['lab'],
    }),
  ).rejects.toMatchObject({ data: { problem: { errors: [{ path: 'networks.0' }] } } })
})

test('E43 key life: the key of a login dies after so many days, to the second', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  await pageOf(server, lab.owner).setPolicy.mutate({
    ...OPEN,
    organization_id: lab.organization_id,
    key_days: 30,
  })
  const login = await start(server)
  expect((await pageOf(server, lab.owner).claim.mutate(login)).organizations[0]?.key_days).toBe(30)
  await approve(server, lab, login)
  const { api_key = '' } = await poll(server, login.device_code)
  const works = async () => (await server.fetch('/api/whoami', { headers: bearer(api_key) })).status
  server.clock.advance('29d')
  expect(await works()).toBe(200)
  server.clock.advance('1d')
  expect(await works()).toBe(401)
})

test('E43 step-up: every approval needs the password, from the same network, too', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { organization_id } = lab
  await pageOf(server, lab.owner).setPolicy.mutate({ ...OPEN, organization_id, step_up: true })
  const login = await start(server)
  const page = pageOf(server, lab.owner)
  expect((await page.claim.mutate(login)).organizations[0]?.password_required).toBe(true)
  await expect(page.approve.mutate({ ...login, organization_id })).rejects.toMatchObject({
    data: { problem: { code: 'wrong_password' } },
  })
  expect((await page.approve.mutate({ ...login, organization_id, password: PASSWORD })).state).toBe(
    'approved',
  )
})
