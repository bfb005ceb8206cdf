import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  ACCOUNT_GUESSES,
  GUESS_RISK,
  instanceGuesses,
  NETWORK_GUESSES,
} from '../../server/device-login/guesses.ts'
import { USER_CODE_SPACE } from '../../server/device-login/user-code.ts'
import { startTestServer } from '../harness.ts'
import { person, tenant } from '../seed.ts'
import { guess, pageOf, post, refusedAs, start, token, WRONG } from './login.ts'

describe('(26) guessing codes (D45)', () => {
  test('the arithmetic: what all guesses together may hit stays below 2^-28', () => {
    expect(USER_CODE_SPACE).toBe(24 ** 8)
    for (const live of [...Array(2000).keys(), 10_000, 1_000_000]) {
      expect((instanceGuesses(live) * live) / USER_CODE_SPACE).toBeLessThanOrEqual(GUESS_RISK)
    }
    expect((ACCOUNT_GUESSES * 10) / USER_CODE_SPACE).toBeLessThanOrEqual(2 ** -31)
    expect(instanceGuesses(1)).toBe(410)
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

  test('right codes at the same moment cost nothing either', async () => {
    await using server = await startTestServer()
    const { owner } = await tenant(server)
    const login = await start(server)
    const answers = await Promise.all(Array.from({ length: 20 }, () => guess(server, owner, login.user_code)))
    expect(new Set(answers)).toEqual(new Set(['pending']))
  })

  test('when the installation’s budget is spent, terminals of one’s own network are still let in', async () => {
    await using server = await startTestServer({ ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32' })
    const { owner } = await tenant(server)
    const renews_at = new Date(server.ctx.now().getTime() + 600_000).toISOString()
    await server.ctx.db
      .insertInto('guess_budgets')
      .values({ bucket: 'instance', spent: 410, renews_at })
      .execute()
    const [near, far] = [await start(server), await start(server, '203.0.113.9')]
    expect(await guess(server, owner, near.user_code)).toBe('pending')
    expect(await guess(server, owner, far.user_code)).toBe('rate_limited')
    expect(await guess(server, owner)).toBe('rate_limited')
  })

  test('the budget survives a restart', async () => {
    const data = mkdtempSync(join(tmpdir(), 'robotrace-guesses-'))
    let server = await startTestServer({}, { file: true, data })
    const { owner } = await tenant(server)
    for (let i = 0; i < ACCOUNT_GUESSES; i++) await guess(server, owner)
    await server[Symbol.asyncDispose]()
    server = await startTestServer({}, { file: true, data })
    expect(await guess(server, owner)).toBe('rate_limited')
    await server[Symbol.asyncDispose]()
    rmSync(data, { recursive: true })
  })

  test('the counts are of the account, its network and the installation', async () => {
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
      await expect(page.view.mutate({ user_code })).rejects.toMatchObject(refusedAs('not_found'))
    }
  })

  test('there is one counter: a wrong code costs the same wherever it is tried, and no other door takes one', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const login = await start(server)
    const page = pageOf(server, owner)
    const wrong = [
      () => page.claim.mutate({ user_code: WRONG }),
      () => page.approve.mutate({ user_code: WRONG, organization_id }),
      () => page.refuse.mutate({ user_code: WRONG }),
      () => page.claim.mutate({ user_code: 'not even a code' }),
      () => page.approve.mutate({ user_code: WRONG, organization_id }),
    ]
    expect(wrong).toHaveLength(ACCOUNT_GUESSES)
    // Neither its page nor the doors of terminals say whether a code is there; a terminal has its own secret.
    for (const user_code of [login.user_code, WRONG]) {
      const cookie = { headers: { Cookie: owner.cookie } }
      const shown = await server.fetch(`/cli/auth?code=${user_code}`, cookie)
      expect([shown.status, (await shown.text()).includes(user_code)]).toEqual([200, false])
      const polled = await post(server, '/api/cli/auth/poll', { device_code: user_code })
      expect(polled.status).toBe(404)
      expect((await token(server, user_code)).body.error).toBe('invalid_grant')
    }
    for (const guessed of wrong) await expect(guessed()).rejects.toMatchObject(refusedAs('not_found'))
    for (const one of [page.claim, page.refuse])
      await expect(one.mutate(login)).rejects.toMatchObject(refusedAs('rate_limited'))
    await expect(page.approve.mutate({ ...login, organization_id })).rejects.toMatchObject(
      refusedAs('rate_limited'),
    )
    const row = await server.ctx.db.selectFrom('device_logins').selectAll().executeTakeFirstOrThrow()
    expect(row).toMatchObject({ status: 'pending', claimed_by: null, poll_count: 0 })
  })
})
