import { CompiledQuery } from 'kysely'
import { describe, expect, test } from 'vitest'
import { newId } from '../../server/db/ids.ts'
import { listEpisodes, showEpisodes } from '../../server/episodes/list.ts'
import { countEpisodes, findPage } from '../../server/episodes/totals.ts'
import { walkEpisodes, walkOn } from '../../server/episodes/walk.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { tenant } from '../seed.ts'

interface Row {
  id: string
  project_id: string
  device_id: string | null
  status: 'recording' | 'ready' | 'failed'
  source: 'real' | 'sim' | 'replay'
  policy_version: string | null
  robot: string | null
  created_at: string
  archived_at: string | null
}

const DAY_MS = 86_400_000
const BEGIN = Date.parse('2026-10-01T00:00:00.000Z')

/** Episodes over ten days in two projects, many of them in the same moment; everything rare is in here somewhere. */
async function fill(server: TestServer, count: number) {
  const { organization_id, owner } = await tenant(server)
  const { db } = server.ctx
  const { id: first } = await db
    .selectFrom('projects')
    .select('id')
    .where('organization_id', '=', organization_id)
    .executeTakeFirstOrThrow()
  const second = newId('prj')
  const at = new Date(BEGIN).toISOString()
  await db
    .insertInto('projects')
    .values({ id: second, organization_id, slug: 'second', name: 'Second', created_at: at })
    .execute()
  const devices = [newId('dev'), newId('dev')]
  for (const [nth, id] of devices.entries()) {
    const device = { id, organization_id, project_id: first, name: `arm-${nth}`, status: 'offline' as const }
    await db
      .insertInto('devices')
      .values({ ...device, created_by: owner.caller.account_id, created_at: at })
      .execute()
  }
  const rows = Array.from({ length: count }, (_, nth): Row => {
    const inFirst = nth % 7 !== 0
    const device = inFirst && nth % 3 !== 0 ? nth % 2 : undefined
    return {
      id: newId('ep'),
      project_id: inFirst ? first : second,
      device_id: device === undefined ? null : (devices[device] ?? null),
      status: nth % 53 === 0 ? 'failed' : nth % 97 === 0 ? 'recording' : 'ready',
      source: nth % 1009 === 5 ? 'replay' : nth % 11 === 0 ? 'sim' : 'real',
      policy_version: nth % 500 === 9 ? 'rare' : nth % 2 ? 'v1' : null,
      robot: device === undefined ? (nth % 401 === 0 ? 'nobody knows it' : null) : `arm-${device}`,
      created_at: new Date(BEGIN + Math.floor((nth / count) * 500) * (DAY_MS / 50)).toISOString(),
      archived_at: nth % 211 === 3 ? at : null,
    }
  })
  await db.transaction().execute(async (trx) => {
    for (const row of rows) {
      await trx
        .insertInto('episodes')
        .values({
          ...{ ...row, organization_id, account_id: owner.caller.account_id },
          ...{ metadata: '{}', requested_uploads: '[]', bytes_total: 0, updated_at: row.created_at },
        })
        .execute()
    }
  })
  return { organization_id, first, second, devices, rows }
}

function newestFirst(rows: Row[]): string[] {
  return [...rows]
    .sort((a, b) =>
      a.created_at === b.created_at ? (a.id < b.id ? 1 : -1) : a.created_at < b.created_at ? 1 : -1,
    )
    .map(({ id }) => id)
}

const SINCE = new Date(BEGIN + 2.37 * DAY_MS).toISOString()
const UNTIL = new Date(BEGIN + 8.51 * DAY_MS).toISOString()

describe('a walk over episodes', () => {
  test('finds each of them once and in order, with every combination of filters', async () => {
    await using server = await startTestServer()
    const { organization_id, first, devices, rows } = await fill(server, 9_000)
    let combinations = 0
    let short = 0
    for (const project of [null, first])
      for (const device_id of [null, devices[0], 'arm-1'])
        for (const status of [null, 'failed', 'recording', 'ready'] as const)
          for (const source of [null, 'real', 'replay', 'sim'] as const)
            for (const policy_version of [null, 'v1', 'rare'])
              for (const robot of [null, 'arm-0', 'nobody knows it'])
                for (const [since, until] of [
                  [null, null],
                  [SINCE, UNTIL],
                ] as const) {
                  const archived = combinations++ % 5 === 4
                  // All of them would be thousands of walks; one in seven of each sort is enough.
                  if (combinations % 7 !== 0) continue
                  const wanted = {
                    project,
                    device_id,
                    status,
                    source,
                    policy_version,
                    robot,
                    since,
                    until,
                    archived,
                  }
                  const id = device_id === 'arm-1' ? devices[1] : device_id
                  const fits = rows.filter(
                    (row) =>
                      (project === null || row.project_id === project) &&
                      (id === null || row.device_id === id) &&
                      (status === null || row.status === status) &&
                      (source === null || row.source === source) &&
                      (policy_version === null || row.policy_version === policy_version) &&
                      (robot === null || row.robot === robot) &&
                      (since === null || row.created_at >= since) &&
                      (until === null || row.created_at < until) &&
                      (row.archived_at !== null) === archived,
                  )
                  const seen: string[] = []
                  for (let cursor: string | null = null; ; ) {
                    const page = await listEpisodes(
                      server.ctx,
                      { organization_id },
                      { ...wanted, limit: 200, cursor },
                    )
                    expect(page.items.length).toBeLessThanOrEqual(200)
                    if (page.next_cursor && page.items.length < 200) short++
                    seen.push(...page.items.map((one) => one.id))
                    cursor = page.next_cursor
                    if (cursor === null) break
                  }
                  expect(seen, JSON.stringify(wanted)).toEqual(newestFirst(fits))
                }
    expect(combinations).toBe(2 * 3 * 4 * 4 * 3 * 3 * 2)
    // What is rare was really looked for in steps.
    expect(short).toBeGreaterThan(0)
  })

  test('gets on however many projects an organization has, empty ones and busy ones', async () => {
    await using server = await startTestServer()
    const { organization_id, second, rows } = await fill(server, 400)
    const { db } = server.ctx
    const at = new Date(BEGIN).toISOString()
    const empty = Array.from({ length: 398 }, (_, nth) => ({
      ...{ id: newId('prj'), organization_id, slug: `line-${nth}`, name: `Line ${nth}`, created_at: at },
    }))
    for (let nth = 0; nth < empty.length; nth += 100) {
      await db
        .insertInto('projects')
        .values(empty.slice(nth, nth + 100))
        .execute()
    }
    // As many lie in the projects between as in the two that there were.
    for (const [nth, row] of rows.entries()) {
      if (row.project_id !== second && nth % 2) row.project_id = empty[nth % 398]?.id ?? second
      await db.updateTable('episodes').set({ project_id: row.project_id }).where('id', '=', row.id).execute()
    }
    const where = { organization_id, project_id: null, device_id: null }
    const live = rows.filter(({ archived_at }) => archived_at === null)
    for (const limit of [50, 200]) {
      const ids: string[] = []
      let cursor: string | undefined
      do {
        const page = await listEpisodes(server.ctx, where, { archived: false, limit, cursor })
        ids.push(...page.items.map(({ id }) => id))
        expect(page.next_cursor).not.toBe(cursor)
        cursor = page.next_cursor ?? undefined
      } while (cursor !== undefined)
      expect(ids).toEqual(newestFirst(live))
    }
  })

  test('knows how many there are, and where each page begins, from whole days and the edges of two', async () => {
    await using server = await startTestServer()
    const { first, devices, rows } = await fill(server, 3_000)
    for (const device_id of [null, devices[0] ?? ''])
      for (const status of [undefined, 'failed', 'ready'] as const)
        for (const [since, until] of [
          [null, null],
          [SINCE, UNTIL],
          [SINCE, null],
        ] as const) {
          const place = { project_id: first, device_id }
          const fits = newestFirst(
            rows.filter(
              (row) =>
                row.project_id === first &&
                (device_id === null || row.device_id === device_id) &&
                (status === undefined || row.status === status) &&
                (since === null || row.created_at >= since) &&
                (until === null || row.created_at < until) &&
                row.archived_at === null,
            ),
          )
          const wanted = { status, since, until }
          expect(await countEpisodes(server.ctx.db, [place], wanted)).toBe(fits.length)
          for (const skipped of [0, 1, 17, 400, fits.length - 1, fits.length, fits.length + 9]) {
            if (skipped < 0) continue
            const after = await findPage(server.ctx.db, place, wanted, skipped)
            const start = after ?? (until === null ? null : { created_at: until, id: '' })
            const { found } = await walkEpisodes(server.ctx.db, {
              ...{ places: [place], traits: { status }, archived: false, since, after: start, limit: 3 },
            })
            expect(found.map(({ id }) => id)).toEqual(fits.slice(skipped, skipped + 3).slice(0, found.length))
            if (skipped >= fits.length) expect(found).toEqual([])
          }
        }
  })

  test('fills a page as far as one may look, and says where to go on from when that was not far enough', async () => {
    await using server = await startTestServer()
    const { first, rows } = await fill(server, 9_000)
    const robot = 'nobody knows it'
    const fits = newestFirst(
      rows.filter((row) => row.project_id === first && row.robot === robot && row.archived_at === null),
    )
    const limit = fits.length
    const walk = {
      places: [{ project_id: first, device_id: null }],
      traits: { robot },
      archived: false,
      limit,
    }
    const ask = { ...walk, since: null, after: null }
    const idsOf = ({ found }: { found: { id: string }[] }) => found.map(({ id }) => id)
    const little = await walkOn(server.ctx.db, ask, 1)
    expect(little.found.length).toBeLessThan(limit)
    expect(little.next).not.toBeNull()
    const rest = await walkOn(server.ctx.db, { ...ask, after: little.next })
    expect([...idsOf(little), ...idsOf(rest)]).toEqual(fits)
    expect(rest.next).toBeNull()
    expect(idsOf(await walkOn(server.ctx.db, ask))).toEqual(fits)
  })

  test('passes over none and finds none twice while others come and go between its looks', async () => {
    await using server = await startTestServer()
    const { first, second, rows } = await fill(server, 60)
    const { db } = server.ctx
    const order = newestFirst(rows.filter(({ project_id }) => project_id === first))
    // The last of the twelve rows that the first look is about, and the one behind it.
    const wanted = order.slice(11, 13)
    await db
      .updateTable('episodes')
      .set({ robot: 'rare', archived_at: null })
      .where('id', 'in', wanted)
      .execute()
    const [newest = ''] = order
    const move = (project_id: string) =>
      db.updateTable('episodes').set({ project_id }).where('id', '=', newest).execute()
    const places = [{ project_id: first, device_id: null }]
    const ask = {
      ...{ places, traits: { robot: 'rare' }, archived: false },
      limit: 2,
      since: null,
      after: null,
    }
    for (const [from, to] of [
      [first, second],
      [second, first],
    ] as const)
      for (let nth = 1; nth <= 5; nth++) {
        await move(from)
        let looks = 0
        const meddled: Pick<typeof db, 'executeQuery'> = {
          async executeQuery<Row>(query: CompiledQuery<Row>) {
            const answer = await db.executeQuery(query)
            if (++looks === nth) await move(to)
            return answer
          },
        }
        // A walk asks the database for nothing else.
        const { found } = await walkOn(meddled as typeof db, ask)
        expect(found.map(({ id }) => id)).toEqual(wanted)
      }
  })

  test('says how many there are where that is kept, and how far it looked where a page is not full', async () => {
    await using server = await startTestServer()
    const { organization_id, rows } = await fill(server, 9_000)
    const ask = { limit: 50, archived: false }
    const all = await showEpisodes(server.ctx, { organization_id }, ask)
    expect(all.total).toBe(rows.filter(({ archived_at }) => archived_at === null).length)
    expect(all.looked_to).toBeNull()
    const rare = await showEpisodes(server.ctx, { organization_id }, { ...ask, robot: 'nobody knows it' })
    expect(rare.total).toBeNull()
    expect(rare.items.length).toBeLessThan(50)
    expect(rare.looked_to).toMatch(/^2026-10-0\dT/)
  })

  test('takes each step from the index that is meant, however the filters are combined', async () => {
    await using server = await startTestServer()
    const { first, devices } = await fill(server, 300)
    const plans: string[] = []
    const { db } = server.ctx
    const spied = {
      executeQuery: async (query: CompiledQuery) => {
        const plan = CompiledQuery.raw(`EXPLAIN QUERY PLAN ${query.sql}`, [...query.parameters])
        for (const row of (await db.executeQuery<{ detail: string }>(plan)).rows) plans.push(row.detail)
        return db.executeQuery(query)
      },
    }
    for (const device_id of [null, devices[0] ?? ''])
      for (const status of [undefined, 'failed'])
        for (const source of [undefined, 'sim', 'real'])
          for (const policy_version of [undefined, 'v1'])
            for (const archived of [false, true])
              for (const since of [null, SINCE]) {
                await walkEpisodes(Object.assign(Object.create(db), spied), {
                  ...{
                    places: [{ project_id: first, device_id }],
                    traits: { status, source, policy_version },
                  },
                  ...{ archived, since, after: { created_at: UNTIL, id: '' }, limit: 20 },
                })
              }
    const reads = plans.filter((plan) => plan.includes('episodes'))
    expect(reads.length).toBeGreaterThan(100)
    // A keyset range of an index in its own order: nothing is scanned from end to end, nothing is sorted but one row.
    for (const plan of reads)
      expect(plan).toMatch(
        /^SEARCH episodes USING (COVERING )?INDEX episodes_\w+ \(.*=\? AND (created_at>\? AND )?\(created_at,id\)<\(\?,\?\)\)$|^SEARCH episodes USING (COVERING )?INDEX episodes_archived/,
      )
    expect(new Set(reads.map((plan) => /INDEX (\w+)/.exec(plan)?.[1])).size).toBe(6)
  })
})
