import { describe, expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, PASSWORD, person, tenant } from '../seed.ts'
import { approve, auditTrail, guess, pageOf, poll, refusedAs, start } from './login.ts'

describe('deciding', () => {
  test('(17) approve against refuse, at the same moment, ends in exactly one state', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    for (let round = 0; round < 4; round++) {
      const login = await start(server)
      const page = pageOf(server, lab.owner)
      await page.claim.mutate(login)
      const { organization_id } = lab
      const results = await Promise.allSettled([
        page.approve.mutate({ ...login, organization_id }),
        page.refuse.mutate(login),
        page.approve.mutate({ ...login, organization_id }),
      ])
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      const approved = results[1]?.status === 'rejected'
      expect((await poll(server, login.device_code)).status).toBe(approved ? 'approved' : 'denied')
    }
  })

  test('needs the code to have been opened first, and cannot be taken back', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    const page = pageOf(server, lab.owner)
    const { organization_id } = lab
    await expect(page.approve.mutate({ ...login, organization_id })).rejects.toMatchObject(
      refusedAs('forbidden'),
    )
    await page.claim.mutate(login)
    await page.approve.mutate({ ...login, organization_id })
    await expect(page.refuse.mutate(login)).rejects.toMatchObject(refusedAs('conflict'))
    expect((await poll(server, login.device_code)).status).toBe('approved')
  })

  test('is for those who may mint there: not for viewers, not for outsiders', async () => {
    await using server = await startTestServer()
    const [lab, other] = [await tenant(server), await tenant(server)]
    const viewer = await member(server, lab.organization_id, 'viewer')
    for (const somebody of [viewer, other.owner]) {
      const login = await start(server)
      const page = pageOf(server, somebody)
      await page.claim.mutate(login)
      await expect(
        page.approve.mutate({ ...login, organization_id: lab.organization_id }),
      ).rejects.toMatchObject(refusedAs('forbidden'))
      expect((await poll(server, login.device_code)).status).toBe('pending')
    }
  })

  test('is impossible once the code has expired, one second after it was possible', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const [early, late] = [await start(server), await start(server)]
    for (const login of [early, late]) await pageOf(server, lab.owner).claim.mutate(login)
    server.clock.advance('599s')
    expect((await approve(server, lab, early)).state).toBe('approved')
    server.clock.advance('1s')
    await expect(approve(server, lab, late)).rejects.toMatchObject(refusedAs('conflict'))
    expect((await pageOf(server, lab.owner).view.mutate(late)).state).toBe('expired')
  })

  test('from another network than the terminal needs the password again', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const lab = await tenant(server)
    const login = await start(server, '203.0.113.9')
    const page = pageOf(server, lab.owner)
    expect((await page.claim.mutate(login)).same_network).toBe(false)
    const decision = { ...login, organization_id: lab.organization_id }
    await expect(page.approve.mutate(decision)).rejects.toMatchObject(refusedAs('wrong_password'))
    await expect(page.approve.mutate({ ...decision, password: 'wrong' })).rejects.toMatchObject(
      refusedAs('wrong_password'),
    )
    expect((await page.approve.mutate({ ...decision, password: PASSWORD })).state).toBe('approved')
  })

  test('the page sees when the terminal has picked its key up, and its owner gets a notice with the key', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    const page = pageOf(server, lab.owner)
    expect((await page.view.mutate(login)).state).toBe('approved')
    const { api_key } = await poll(server, login.device_code)
    expect((await page.view.mutate(login)).state).toBe('consumed')
    const portal = portalClient(server, lab.owner)
    const [notice] = await portal.notices.list.query()
    expect(notice).toMatchObject({
      kind: 'device_login_approved',
      detail: { hostname: 'bench-3', organization: 'Halcyon Robotics' },
    })
    expect(api_key).toContain(`rt_${notice?.detail.api_key_id}_`)
    await portal.notices.dismiss.mutate({ id: notice?.id ?? '' })
    expect(await portal.notices.list.query()).toEqual([])
  })
})

describe('revoking from the notice', () => {
  test('turns the terminal away before it has picked the key up, and ends the key afterwards', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const page = pageOf(server, lab.owner)
    const [early, late] = [await start(server), await start(server)]
    const idOf = async () =>
      (await portalClient(server, lab.owner).notices.list.query())[0]?.detail.api_key_id ?? ''
    await approve(server, lab, early)
    await page.revokeKey.mutate({ api_key_id: await idOf() })
    expect(await poll(server, early.device_code)).toEqual({ http: 200, status: 'denied' })
    await approve(server, lab, late)
    const { api_key = '' } = await poll(server, late.device_code)
    const stranger = await tenant(server)
    const api_key_id = api_key.slice(3, 13)
    await expect(pageOf(server, stranger.owner).revokeKey.mutate({ api_key_id })).rejects.toMatchObject(
      refusedAs('not_found'),
    )
    expect((await page.revokeKey.mutate({ api_key_id })).label).toBe(`robotrace-cli (${late.user_code})`)
    expect((await server.fetch('/api/whoami', { headers: bearer(api_key) })).status).toBe(401)
  })
})

describe('a second account that opens a claimed code (D27)', () => {
  test('takes an approval back that the terminal has not picked up yet', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    expect(await guess(server, await person(server), login.user_code)).toBe('forbidden')
    expect(await poll(server, login.device_code)).toEqual({ http: 200, status: 'denied' })
    expect(await auditTrail(server)).toContain('device_login.poisoned')
  })

  test('poisons it: denied for both, audited, and the first account is told', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const stranger = await person(server)
    const login = await start(server)
    await pageOf(server, lab.owner).claim.mutate(login)
    expect(await guess(server, stranger, login.user_code)).toBe('forbidden')
    expect(await poll(server, login.device_code)).toMatchObject({ status: 'denied' })
    await expect(approve(server, lab, login)).rejects.toMatchObject(refusedAs('conflict'))
    expect((await pageOf(server, lab.owner).view.mutate(login)).state).toBe('poisoned')
    expect(await auditTrail(server)).toEqual([
      'device_login.started',
      'device_login.claimed',
      'device_login.poisoned',
    ])
    const notices = await portalClient(server, lab.owner).notices.list.query()
    expect(notices.map(({ kind }) => kind)).toEqual(['device_login_poisoned'])
    expect(await portalClient(server, stranger).notices.list.query()).toEqual([])
  })

  test('poisons it by deciding, too', async () => {
    await using server = await startTestServer()
    const [lab, stranger] = [await tenant(server), await tenant(server)]
    const login = await start(server)
    await pageOf(server, lab.owner).claim.mutate(login)
    const { organization_id } = stranger
    await expect(
      pageOf(server, stranger.owner).approve.mutate({ ...login, organization_id }),
    ).rejects.toMatchObject(refusedAs('forbidden'))
    expect(await poll(server, login.device_code)).toMatchObject({ status: 'denied' })
  })

  test('of two that open it at the same moment, none gets in', async () => {
    await using server = await startTestServer()
    const people = await Promise.all([tenant(server), tenant(server)])
    const login = await start(server)
    await Promise.all(people.map(({ owner }) => guess(server, owner, login.user_code)))
    expect(await poll(server, login.device_code)).toMatchObject({ status: 'denied' })
  })

  test('learns nothing of where a used code came from', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const login = await start(server)
    await approve(server, lab, login)
    await poll(server, login.device_code)
    const view = await pageOf(server, await person(server)).claim.mutate(login)
    expect(view).toMatchObject({ state: 'consumed', hostname: null, ip: '', user_agent: '' })
  })
})
