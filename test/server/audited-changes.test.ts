import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { approve, start } from '../device-login/login.ts'
import { projectOf } from '../fleet-requests.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { cookiesOf, mutate, signIn } from '../portal-request.ts'
import { member, PASSWORD, tenant } from '../seed.ts'

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))

test('(74) every action that the server writes into the trail is looked for by a test', () => {
  const actions = sources('server').flatMap((text) =>
    [...text.matchAll(/action: '([a-z_]+\.[a-z_]+)'/g)].map(([, action]) => action ?? ''),
  )
  expect(new Set(actions).size).toBeGreaterThan(45)
  const tests = sources('test').join('\n')
  expect([...new Set(actions)].filter((action) => !tests.includes(action))).toEqual([])
})

test('(74) what people change about themselves, their keys, robots and colleagues stands in the trail, without a secret', async () => {
  await using server = await startTestServer()
  const lab = await tenant(server)
  const { organization_id, owner } = lab
  const casey = await member(server, organization_id, 'member')
  const portal = portalClient(server, owner)
  const new_password = 'seven green forklifts'

  const device = await portal.fleet.create.mutate({ ...projectOf(lab), name: 'arm-7' })
  await portal.apiKeys.edit.mutate({ id: lab.api_key_id, label: 'renamed rig' })
  await portal.members.remove.mutate({ organization_id, account_id: casey.caller.account_id })
  const login = await start(server)
  await approve(server, lab, login)
  const approved = await server.ctx.db
    .selectFrom('device_logins')
    .select(['id', 'api_key_id'])
    .executeTakeFirstOrThrow()
  await portal.deviceLogin.revokeKey.mutate({ api_key_id: approved.api_key_id ?? '' })
  await portal.auth.rename.mutate({ name: 'Ada O.' })
  const changed = await mutate(
    server,
    'auth.changePassword',
    { current_password: PASSWORD, new_password },
    { Cookie: owner.cookie },
  )
  expect(changed.status).toBe(200)
  await signIn(server, owner.email, 'wrong horse')
  await portalClient(server, { cookie: cookiesOf(changed) }).auth.signOutEverywhere.mutate()

  const rows = await server.ctx.db.selectFrom('audit_events').selectAll().orderBy('seq').execute()
  const own = owner.caller.account_id
  const expected = [
    ['device.created', device.id, organization_id],
    ['api_key.edited', lab.api_key_id, organization_id],
    ['member.removed', casey.caller.account_id, organization_id],
    ['device_login.withdrawn', approved.id, organization_id],
    ['account.renamed', own, null],
    ['account.password_changed', own, null],
    ['session.all_ended', own, null],
  ] as const
  for (const [action, target, where] of expected) {
    const row = rows.find((one) => one.action === action)
    expect(row, action).toMatchObject({
      ...{ target, organization_id: where, outcome: 'success', actor_kind: 'person', actor_id: own },
      credential_id: expect.stringMatching(/^ses_/),
      request_id: expect.stringMatching(/^req_/),
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      ip: '127.0.0.1',
    })
    expect(row?.user_agent.length, action).toBeGreaterThan(0)
  }
  expect(rows.find(({ action }) => action === 'sign_in.failed')).toMatchObject({
    ...{ outcome: 'failure', target: own, actor_kind: 'anonymous' },
  })
  for (const secret of [PASSWORD, new_password, 'wrong horse', lab.api_key.slice(14), login.device_code])
    expect(JSON.stringify(rows)).not.toContain(secret)
})
