import { describe, expect, test } from 'vitest'
import {
  ACCOUNT_GUESSES,
  GUESS_RISK,
  instanceGuesses,
  NETWORK_GUESSES,
} from '../../server/device-login/guesses.ts'
import { USER_CODE_SPACE } from '../../server/device-login/user-code.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, PASSWORD, type Person, person, tenant } from '../seed.ts'
import { approve, auditTrail, pageOf, poll, start } from './login.ts'

const WRONG = 'BBBB-BBBB'

function refusedAs(code: string) {
  return { data: { problem: { code } } }
}

async function guess(server: TestServer, who: Person, code = WRONG): Promise<string> {
  return pageOf(server, who)
    .claim.mutate({ user_code: code })
    .then(
      ({ state }) => state,
      (error) => error.data.problem.code,
    )
}

describe('deciding', () => {
  test('approve against refuse, at the same moment, ends in exactly one state', async () => {
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
    expect((await pageOf(server, lab.owner).view.query(late)).state).toBe('expired')
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
    expect((await page.view.query(login)).state).toBe('approved')
    const { api_key } = await poll(server, login.device_code)
    expect((await page.view.query(login)).state).toBe('consumed')
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

describe('a second account that opens a claimed code', () => {
  test('poisons it: denied for both, audited, and the first account is told', async () => {
    await using server = await startTestServer()
    const lab = await tenant(server)
    const stranger = await person(server)
    const login = await start(server)
    await pageOf(server, lab.owner).claim.mutate(login)
    expect(await guess(server, stranger, login.user_code)).toBe('forbidden')
    expect(await poll(server, login.device_code)).toMatchObject({ status: 'denied' })
    await expect(approve(server, lab, login)).rejects.toMatchObject(refusedAs('conflict'))
    expect((await pageOf(server, lab.owner).view.query(login)).state).toBe('poisoned')
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

describe('guessing codes (D45)', () => {
  test('the arithmetic: what all guesses together may hit stays below 2^-28', () => {
    expect(USER_CODE_SPACE).toBe(24 ** 8)
    for (let live = 1; live <= 410; live++) {
      expect((instanceGuesses(live) * live) / USER_CODE_SPACE).toBeLessThanOrEqual(GUESS_RISK)
    }
    expect((ACCOUNT_GUESSES * 10) / USER_CODE_SPACE).toBeLessThanOrEqual(2 ** -31)
    expect(instanceGuesses(1_000_000)).toBe(1)
  })

  test('five wrong codes of an account are the end until the budget renews, even for a right one', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await start(server)
    for (let i = 0; i < ACCOUNT_GUESSES; i++) expect(await guess(server, owner)).toBe('not_found')
    expect(await guess(server, owner, login.user_code)).toBe('rate_limited')
    expect(await guess(server, await person(server), login.user_code)).toBe('pending')
    server.clock.advance('10m')
    expect(await guess(server, owner)).toBe('not_found')
  })

  test('right codes cost nothing, and five at the same moment do not slip through as more', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await start(server)
    for (let i = 0; i < 20; i++) expect(await guess(server, owner, login.user_code)).toBe('pending')
    const answers = await Promise.all(Array.from({ length: 12 }, () => guess(server, owner)))
    expect(answers.filter((code) => code === 'not_found')).toHaveLength(ACCOUNT_GUESSES)
  })

  test('ten wrong codes of a network are the end for all accounts in it', async () => {
    await using server = await startTestServer()
    for (let i = 0; i < 2; i++) {
      const somebody = await person(server)
      for (let j = 0; j < NETWORK_GUESSES / 2; j++) expect(await guess(server, somebody)).toBe('not_found')
    }
    expect(await guess(server, await person(server))).toBe('rate_limited')
  })

  test('the budget survives a restart: it is in the database', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    for (let i = 0; i < ACCOUNT_GUESSES; i++) await guess(server, owner)
    const rows = await server.ctx.db
      .selectFrom('guess_budgets')
      .select(['bucket', 'spent'])
      .orderBy('bucket')
      .execute()
    expect(rows).toEqual([
      { bucket: `account:${owner.caller.account_id}`, spent: 5 },
      { bucket: 'instance', spent: 5 },
      { bucket: 'network:127.0.0.1', spent: 5 },
    ])
  })

  test('looking at a login without having opened it tells nothing', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await start(server)
    const page = pageOf(server, owner)
    for (const user_code of [WRONG, login.user_code]) {
      await expect(page.view.query({ user_code })).rejects.toMatchObject(refusedAs('not_found'))
    }
  })
})
