import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { recordEvent } from '../../server/audit/audit.ts'
import { csvLine } from '../../server/audit-trail/csv.ts'
import { apiToken } from '../api-token.ts'
import { approve, start } from '../device-login/login.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { bearer, member, type Person, person, type Tenant, tenant } from '../seed.ts'

const refusedAs = (code: string) => ({ data: { problem: { code } } })

async function exported(server: TestServer, path: string, who: Person): Promise<string> {
  const answer = await server.fetch(path, { headers: { Cookie: who.cookie } })
  if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${await answer.text()}`)
  return answer.text()
}

const slugOf = (server: TestServer, { organization_id }: Tenant): Promise<string> =>
  server.ctx.db
    .selectFrom('organizations')
    .select('slug')
    .where('id', '=', organization_id)
    .executeTakeFirstOrThrow()
    .then(({ slug }) => slug)

const rowsOf = (ndjson: string): Record<string, unknown>[] =>
  ndjson
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** Something in the trail that nobody's page would write: a program of one's own calling itself names. */
async function record(server: TestServer, organization_id: string, more: Record<string, string> = {}) {
  await server.ctx.db.transaction().execute((trx) =>
    recordEvent(trx, server.ctx.now().toISOString(), {
      action: 'device_login.refused',
      outcome: 'failure',
      actor: { kind: 'anonymous', id: null, ip: '192.0.2.7', user_agent: 'curl', ...more },
      organization_id,
      target: 'dl_x',
      detail: more,
    }),
  )
}

describe('the trail of an organization', () => {
  test('(74) says who did what to which, when, from where, with which credential and in which request', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    await approve(server, home, await start(server))
    const portal = portalClient(server, home.owner)
    const { items } = await portal.audit.list.query({ organization_id: home.organization_id })
    expect(items.map(({ action }) => action)).toEqual(['device_login.approved', 'api_key.minted'])
    expect(items[0]).toMatchObject({
      outcome: 'success',
      actor: { kind: 'person', id: home.owner.caller.account_id, name: 'Ada Okafor' },
      target: { name: 'bench-3' },
      organization: { id: home.organization_id, name: 'Halcyon Robotics' },
      ip: '127.0.0.1',
      credential_id: expect.stringMatching(/^ses_/),
      request_id: expect.stringMatching(/^req_/),
    })
    expect(items[1]?.target).toEqual({ id: home.api_key_id, name: 'prod robot rig' })
    expect(JSON.stringify(items)).not.toContain(home.api_key.slice(14))
  })

  test('(74) making a client and giving it a limit of its own are in it', async () => {
    await using server = await startTestServer()
    const sam = await person(server, { staff: true, name: 'Sam Staff' })
    const portal = portalClient(server, sam)
    const { id } = await portal.clients.create.mutate({ name: 'Northwind' })
    expect(
      await portal.keyPolicy.setRateLimit.mutate({ organization_id: id, rate_limit: 600 }),
    ).toMatchObject({
      rate_limit: 600,
    })
    const { items } = await portal.audit.listAll.query({ organization_id: id })
    expect(items.map(({ action, detail }) => [action, detail])).toEqual([
      ['organization.rate_limit_changed', { rate_limit: 600 }],
      ['client.created', {}],
    ])
  })

  test('(75) shows an administrator their own organization, nobody else anything, and staff everything', async () => {
    await using server = await startTestServer()
    const [one, two] = [await tenant(server), await tenant(server)]
    const sam = await person(server, { staff: true })
    await record(server, one.organization_id)
    const own = { organization_id: one.organization_id }
    const admin = await member(server, one.organization_id, 'admin')
    const { items } = await portalClient(server, admin).audit.list.query(own)
    expect(items).toHaveLength(2)
    expect(items.every(({ organization }) => organization?.id === one.organization_id)).toBe(true)
    for (const role of ['member', 'viewer'] as const) {
      const somebody = portalClient(server, await member(server, one.organization_id, role))
      await expect(somebody.audit.list.query(own)).rejects.toMatchObject(refusedAs('forbidden'))
    }
    const stranger = portalClient(server, two.owner)
    await expect(stranger.audit.list.query(own)).rejects.toMatchObject(refusedAs('not_found'))
    await expect(stranger.audit.listAll.query({})).rejects.toMatchObject(refusedAs('forbidden'))
    expect((await portalClient(server, sam).audit.listAll.query({})).items).toHaveLength(3)
  })

  test('is narrowed by actor, action, target, outcome and time, and read page by page', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key_id } = await tenant(server)
    const portal = portalClient(server, owner)
    for (let nth = 0; nth < 6; nth++) await record(server, organization_id)
    server.clock.advance('1h')
    const since = server.ctx.now().toISOString()
    await portal.apiKeys.revoke.mutate({ id: api_key_id })
    const actions = async (filter: object) =>
      (await portal.audit.list.query({ organization_id, ...filter })).items.map(({ action }) => action)
    expect(await actions({ action: 'api_key' })).toEqual(['api_key.revoked', 'api_key.minted'])
    expect(await actions({ action: 'api_key.minted' })).toEqual(['api_key.minted'])
    expect(await actions({ action: 'api' })).toEqual([])
    expect(await actions({ actor: owner.caller.account_id })).toHaveLength(2)
    expect(await actions({ actor: owner.email.toUpperCase() })).toHaveLength(2)
    expect(await actions({ target: api_key_id })).toHaveLength(2)
    expect(await actions({ outcome: 'failure' })).toHaveLength(6)
    expect(await actions({ since })).toEqual(['api_key.revoked'])
    expect(await actions({ until: since })).toHaveLength(7)
    const seen: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: { items: { seq: number }[]; next_cursor: string | null } = await portal.audit.list.query({
        organization_id,
        limit: 3,
        cursor,
      })
      seen.push(...page.items.map(({ seq }) => seq))
      cursor = page.next_cursor
    }
    expect(seen).toEqual([8, 7, 6, 5, 4, 3, 2, 1])
  })

  test('is answered over REST to a key that may administer, and to no pinned one', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    const path = `/api/v1/organizations/${home.organization_id}/audit`
    const ask = () => server.fetch(path, { headers: bearer(home.api_key) })
    const change = (set: { scopes?: string; project_id?: string }) =>
      server.ctx.db.updateTable('api_keys').set(set).where('id', '=', home.api_key_id).execute()
    expect((await ask()).status).toBe(403)
    await change({ scopes: 'admin' })
    const answer = await ask()
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ items: [{ action: 'api_key.minted' }], next_cursor: null })
    const { id } = await server.ctx.db.selectFrom('projects').select('id').executeTakeFirstOrThrow()
    await change({ project_id: id })
    expect((await ask()).status).toBe(403)
  })
})

describe('an export', () => {
  test('(74) is an event of its own, and the last line of what it took away', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    const path = `/api/v1/organizations/${await slugOf(server, home)}/audit?action=&format=ndjson`
    const rows = rowsOf(await exported(server, path, home.owner))
    expect(rows.map(({ action }) => action)).toEqual(['api_key.minted', 'audit.exported'])
    expect(rows[1]).toMatchObject({
      actor_id: home.owner.caller.account_id,
      target: home.organization_id,
      detail: '{"format":"ndjson"}',
    })
  })

  test('of a thousand events and more holds each of them once, in order', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    await server.ctx.db.transaction().execute(async (trx) => {
      const event = {
        action: 'api_key.used',
        actor: { kind: 'anonymous' as const, id: null, ip: '192.0.2.7', user_agent: '' },
        organization_id: home.organization_id,
        target: home.api_key_id,
      }
      for (let nth = 0; nth < 1_200; nth++) await recordEvent(trx, server.ctx.now().toISOString(), event)
    })
    const path = `/api/v1/organizations/${home.organization_id}/audit?format=ndjson&action=api_key.used`
    const rows = rowsOf(await exported(server, path, home.owner))
    expect(rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_200 }, (_, nth) => nth + 2))
  })

  test('(75) of staff is the whole chain; anybody can compute its hashes again', async () => {
    await using server = await startTestServer()
    await approve(server, await tenant(server), await start(server))
    await tenant(server)
    const sam = await person(server, { staff: true })
    const rows = rowsOf(await exported(server, '/api/v1/admin/audit', sam))
    expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, nth) => nth + 1))
    let before: unknown = '0'.repeat(64)
    for (const row of rows) {
      const { hash, ...members } = row
      expect(members.previous_hash).toBe(before)
      expect(
        createHash('sha256')
          .update(JSON.stringify(Object.values(members)))
          .digest('hex'),
      ).toBe(hash)
      before = hash
    }
  })

  test('(75) of the whole chain is for staff alone, by browser or by token', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    const sam = await person(server, { staff: true })
    const status = async (headers: Record<string, string>) =>
      (await server.fetch('/api/v1/admin/audit', { headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ Cookie: home.owner.cookie })).toBe(403)
    expect(await status(bearer(home.api_key))).toBe(403)
    expect(await status(bearer(await apiToken(server, home.owner)))).toBe(403)
    expect(await status(bearer(await apiToken(server, sam)))).toBe(200)
  })

  test('as CSV holds no formula, and (76) no name forges a line or steers a terminal', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    const evil = '=HYPERLINK("http://evil.example")\r\n2,ev_forged\u001b[2J\u009b31m\u2028\u202egnp.exe'
    await record(server, home.organization_id, { user_agent: evil, hostname: evil })
    const path = `/api/v1/organizations/${home.organization_id}/audit?format=`
    const csv = await exported(server, `${path}csv`, home.owner)
    expect(csv.split('\r\n')).toHaveLength(5)
    expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"")\\u000d\\u000a2,ev_forged\\u001b[2J`)
    const ndjson = await exported(server, `${path}ndjson`, home.owner)
    expect(rowsOf(ndjson)[1]).toMatchObject({ user_agent: evil })
    for (const text of [
      csv.replaceAll('\r\n', ''),
      ndjson.replaceAll('\n', ''),
      server.log().replaceAll('\n', ''),
    ]) {
      expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/)
    }
  })

  test('answers HEAD without being one', async () => {
    await using server = await startTestServer()
    const home = await tenant(server)
    const sam = await person(server, { staff: true })
    const paths: [string, Person][] = [
      [`/api/v1/organizations/${home.organization_id}/audit?format=csv`, home.owner],
      ['/api/v1/admin/audit', sam],
    ]
    for (const [path, { cookie }] of paths) {
      expect((await server.fetch(path, { method: 'HEAD', headers: { Cookie: cookie } })).status).toBe(200)
    }
    const { items } = await portalClient(server, sam).audit.listAll.query({ action: 'audit' })
    expect(items).toEqual([])
  })
})

test('(76) a cell of CSV, whatever is in it, is one cell on one line that begins no formula', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1, maxLength: 5 }), (values) => {
      const line = csvLine(values)
      expect(line.slice(0, -2)).not.toMatch(/[\r\n\u001b]/)
      const cells = parseCsv(line.slice(0, -2))
      expect(cells).toHaveLength(values.length)
      for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r]/)
    }),
    { numRuns: 500 },
  )
})

/** As spreadsheets read it. */
function parseCsv(line: string): string[] {
  const cells = [...`,${line}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)]
  return z.array(z.string()).parse(cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain))
}
