import { execFile } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { run } from '../../cli/run.ts'
import { operatorCommands } from '../../server/operator/commands.ts'
import { type TestHostOptions, testHost } from '../cli/test-host.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { me, mutate, signIn } from '../portal-request.ts'
import { PROGRAM } from '../process.ts'
import { bearer, PASSWORD, person, tenant } from '../seed.ts'

const NEW = 'seven quiet grippers hum'

interface Ended {
  status: number
  stdout: string
  stderr: string
}

/** The real program in a process of its own, beside the running server. */
function program(server: TestServer, args: string[], input = ''): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: tmpdir(), PUBLIC_URL: server.url }
  const argv = [...PROGRAM, 'admin', ...args, '--data', server.data]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, argv, { env }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    )
    child.stdin?.end(input)
  })
}

/** The same commands in this process, where no second process is what is shown. */
async function admin(server: { data: string }, args: string[], options: TestHostOptions = {}) {
  const host = testHost(options)
  const status = await run(['admin', ...args, '--data', server.data], host, operatorCommands({}))
  return { status, stdout: host.stdout(), stderr: host.stderr(), questions: host.questions }
}

/** What the trail says of the last event. */
async function lastEvent(server: TestServer) {
  const row = await server.ctx.db
    .selectFrom('audit_events')
    .select(['action', 'actor_kind', 'actor_id', 'target', 'detail'])
    .orderBy('seq', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
  return { ...row, detail: JSON.parse(row.detail) }
}

const OPERATOR = { actor_kind: 'operator', actor_id: null }

async function openLink(server: TestServer, stdout: string): Promise<number> {
  const link = new URL(stdout.trim())
  expect(link.origin).toBe(server.url)
  const answer = await mutate(server, 'auth.resetPassword', {
    ...{ token: link.searchParams.get('token'), password: NEW },
  })
  return answer.status
}

describe('beside a running server, by the program itself', () => {
  test('admin create-staff makes an account whose link sets the password, and its owner administers at once', async () => {
    await using server = await startTestServer({}, { file: true })
    const { status, stdout, stderr } = await program(server, [
      ...['create-staff', '--email', 'ada@lab.example', '--name', 'Ada Okafor', '--yes'],
    ])
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('Created ada@lab.example'),
    })
    expect(await openLink(server, stdout)).toBe(200)
    expect((await signIn(server, 'ada@lab.example', NEW)).status).toBe(200)
    const made = await server.ctx.db
      .selectFrom('audit_events')
      .select(['action', 'actor_kind', 'detail'])
      .where('actor_kind', '=', 'operator')
      .orderBy('seq')
      .execute()
    expect(made.map(({ action }) => action)).toEqual([
      ...['account.staff_created', 'account.password_reset_link_made'],
    ])
    expect(JSON.parse(made[0]?.detail ?? '')).toEqual({ operator: userInfo().username })
    const account = await server.ctx.db
      .selectFrom('accounts')
      .select(['staff_since', 'email_verified_at'])
      .executeTakeFirstOrThrow()
    // The link was handed over, not mailed: nobody has shown that the mailbox is theirs.
    expect(account).toEqual({ staff_since: expect.any(String), email_verified_at: null })
  })

  test('admin reset-password prints a link that works once and ends the sessions', async () => {
    await using server = await startTestServer({}, { file: true })
    const who = await person(server)
    const { status, stdout } = await program(server, ['reset-password', who.email.toUpperCase()])
    expect(status).toBe(0)
    expect(await lastEvent(server)).toMatchObject({
      ...{ ...OPERATOR, action: 'account.password_reset_link_made', target: who.caller.account_id },
    })
    expect(await me(server, who.cookie)).not.toBeNull()
    expect(await openLink(server, stdout)).toBe(200)
    expect(await lastEvent(server)).toMatchObject({
      action: 'account.password_reset',
      detail: { link: 'handed over', sessions_ended: 1 },
    })
    expect(await me(server, who.cookie)).toBeNull()
    expect(await openLink(server, stdout)).toBe(404)
  })

  test('(16) admin revoke-key ends a key: the server refuses its next request', async () => {
    await using server = await startTestServer({}, { file: true })
    const { api_key, api_key_id, organization_id } = await tenant(server)
    const whoami = async () => (await server.fetch('/api/whoami', { headers: bearer(api_key) })).status
    expect(await whoami()).toBe(200)
    const ended = await program(server, ['revoke-key', `rt_${api_key_id}`, '--yes'])
    expect(ended).toMatchObject({ status: 0, stderr: expect.stringContaining(`Revoked rt_${api_key_id}`) })
    expect(await whoami()).toBe(401)
    expect(await lastEvent(server)).toMatchObject({
      ...{ ...OPERATOR, action: 'api_key.revoked', target: api_key_id },
      detail: { operator: userInfo().username },
    })
    const row = await server.ctx.db
      .selectFrom('audit_events')
      .select('organization_id')
      .orderBy('seq', 'desc')
      .executeTakeFirst()
    expect(row?.organization_id).toBe(organization_id)
  })

  test('(63) a password for a new account is read from standard input, and a weak one is refused', async () => {
    await using server = await startTestServer({}, { file: true })
    const args = ['create-staff', '--email', 'ada@lab.example', '--password-stdin', '--yes']
    const weak = await admin(server, args, { input: 'password\n' })
    expect(weak).toMatchObject({ status: 1, stderr: expect.stringContaining('password') })
    const { status, stdout } = await program(server, args, `${NEW}\n`)
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect((await signIn(server, 'ada@lab.example', NEW)).status).toBe(200)
  })
})

describe('admin create-staff', () => {
  test('gives the rights to an account that exists, after asking', async () => {
    await using server = await startTestServer({}, { file: true })
    const who = await person(server)
    const args = ['create-staff', '--email', who.email]
    const refused = await admin(server, args, { answers: ['n'] })
    expect(refused).toMatchObject({ status: 1, stderr: expect.stringContaining('Nothing was changed') })
    expect(await lastStaff(server)).toEqual([])
    const unasked = await admin(server, args)
    expect(unasked).toMatchObject({ status: 2, stderr: expect.stringContaining('--yes') })
    expect(await admin(server, args, { answers: ['y'] })).toMatchObject({ status: 0, stdout: '' })
    expect(await lastStaff(server)).toEqual([who.email])
    expect(await lastEvent(server)).toMatchObject({ ...OPERATOR, action: 'account.staff_granted' })
    const again = await admin(server, args, { answers: ['y'] })
    expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining('is staff already') })
  })
})

async function lastStaff(server: TestServer): Promise<string[]> {
  const { stdout } = await admin(server, ['list-staff', '--json'])
  return JSON.parse(stdout).map(({ email }: { email: string }) => email)
}

test('a link that only guesses where the server is says so; one that was told says nothing', async () => {
  await using server = await startTestServer({}, { file: true })
  const { owner } = await tenant(server)
  const guessed = await admin(server, ['reset-password', owner.email])
  expect(guessed.stdout).toContain('http://localhost:3000/reset-password?token=')
  expect(guessed.stderr).toContain('! It leads to localhost:3000, as PUBLIC_URL and PORT are not set here.')
  const told = await admin(server, ['reset-password', owner.email, '--port', '4391'])
  expect(told.stdout).toContain('http://localhost:4391/reset-password?token=')
  expect(told.stderr).not.toContain('It leads to')
})

test('admin reset-second-factor takes a lost one away, with its recovery codes and every session', async () => {
  await using server = await startTestServer({}, { file: true })
  const who = await person(server)
  const at = server.ctx.now().toISOString()
  const id = who.caller.account_id
  const factor = { totp_sealed: server.ctx.signing.seal('ABC', id), totp_confirmed_at: at }
  await server.ctx.db.updateTable('accounts').set(factor).where('id', '=', id).execute()
  await server.ctx.db.insertInto('recovery_codes').values({ account_id: id, code_hash: 'x' }).execute()
  const asked = await (await signIn(server, who.email, PASSWORD)).text()
  expect(asked).toContain('second_factor')
  const answer = await admin(server, ['reset-second-factor', who.email], { answers: ['y'] })
  expect(answer).toMatchObject({ status: 0, stderr: expect.stringContaining('1 second factor') })
  expect(await me(server, who.cookie)).toBeNull()
  expect(await lastEvent(server)).toMatchObject({
    ...{ ...OPERATOR, action: 'second_factor.reset', target: id },
    detail: { factors: 1, sessions_ended: 1 },
  })
  expect(await (await signIn(server, who.email, PASSWORD)).text()).not.toContain('challenge')
  expect(await server.ctx.db.selectFrom('recovery_codes').selectAll().execute()).toEqual([])
  const none = await admin(server, ['reset-second-factor', who.email], { answers: ['y'] })
  expect(none).toMatchObject({ status: 1, stderr: expect.stringContaining('has no second factor') })
})

test('admin list-keys shows the keys of every organization, those that ended only with --all, never a secret', async () => {
  await using server = await startTestServer({}, { file: true })
  const [one, two] = [await tenant(server, { name: 'Acme' }), await tenant(server, { name: 'Borealis' })]
  await admin(server, ['revoke-key', two.api_key_id, '--yes'])
  const ids = async (...args: string[]) =>
    (await admin(server, ['list-keys', '--output', 'ids', ...args])).stdout.split('\n').filter(Boolean)
  expect(await ids()).toEqual([one.api_key_id])
  expect(await ids('--all')).toEqual([one.api_key_id, two.api_key_id])
  expect(await ids('--all', '--org', two.organization_id)).toEqual([two.api_key_id])
  const table = await admin(server, ['list-keys', '--output', 'table'])
  expect(table.stdout).toContain(`rt_${one.api_key_id}`)
  expect(table.stdout).not.toContain(one.api_key)
  const nowhere = await admin(server, ['list-keys', '--org', 'nowhere'])
  expect(nowhere).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('There is no organization nowhere'),
  })
})

test('admin quota shows and sets how much an organization may store, and the audit trail says who did', async () => {
  await using server = await startTestServer({}, { file: true })
  const { organization_id } = await tenant(server)
  const set = await admin(server, ['quota', organization_id, '--set', '2GB'])
  expect(set).toMatchObject({ status: 0, stderr: expect.stringContaining('may store 2.0 GB') })
  expect(await lastEvent(server)).toMatchObject({
    ...{ ...OPERATOR, action: 'organization.quota_changed', target: organization_id },
    detail: { quota_bytes: 2_000_000_000, operator: userInfo().username },
  })
  const wrong = await admin(server, ['quota', organization_id, '--set', 'much'])
  expect(wrong.stderr).toContain('`--set` must be a size such as 500GB')
  const none = await admin(server, ['quota', organization_id, '--set', 'none'])
  expect(none.stderr).toContain('as much as the disk holds')
})

test('a folder without a database is said in a sentence, and none is made there', async () => {
  const data = mkdtempSync(join(tmpdir(), 'robotrace-nothing-'))
  const first = await admin({ data }, ['list-staff'])
  expect(first).toMatchObject({
    status: 1,
    stderr: expect.stringContaining(`There is no database in ${data}`),
  })
  expect(await admin({ data }, ['list-staff'])).toEqual(first)
})

test.each([
  [['reset-password', 'nobody@lab.example'], 'There is no account with the address nobody@lab.example'],
  [['revoke-key', 'rt_0000000000', '--yes'], 'No such API key'],
  [['quota', 'nowhere'], 'There is no organization nowhere'],
  [['create-staff', '--email', 'ada'], '`--email` must be an address'],
])('admin %j says what is wrong', async (args, sentence) => {
  await using server = await startTestServer({}, { file: true })
  const { status, stderr } = await admin(server, args)
  expect(status).toBeGreaterThan(0)
  expect(stderr).toContain(sentence)
})
