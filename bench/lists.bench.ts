import { rmSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import type { z } from 'zod'
import type { OrganizationCaller } from '../server/caller.ts'
import type { AppContext } from '../server/context.ts'
import { openDatabase } from '../server/db/open.ts'
import { listEpisodes, showEpisodes } from '../server/episodes/list.ts'
import type { listEpisodesQuery } from '../server/episodes/schema.ts'
import { listDevices } from '../server/fleet/list.ts'
import { insertOrganization } from '../server/organizations/organizations.ts'
import { listSessions } from '../server/sessions/sessions.ts'
import { type FilledFleet, fillFleet } from './fill-fleet.ts'
import { barePages } from './lists-bare.ts'
import { benchFolder } from './processes.ts'

type Ctx = Pick<AppContext, 'db' | 'config' | 'now'>
type Wanted = z.output<typeof listEpisodesQuery>

/** One combination of filters, and how to ask for a page of it. */
interface Question {
  list: string
  name: string
  /** Asks for one page; the cursor of the page behind it comes back. */
  ask: (cursor: string | null) => Promise<string | null>
  /** The same page as one statement that the database plans by itself. */
  bare?: () => void
}

/**
 * How long does one page take, of every list and every combination of filters that the pages and the REST API offer,
 * in an organization with so many devices and episodes? Each combination is asked for its first pages, one behind the
 * other, and for pages that begin somewhere in the middle. Beside it, in the same run: the same first page as one
 * plain statement. Asked of the nouns, without HTTP.
 */
export async function benchLists(options: {
  devices: number
  episodes: number
  pages: number
}): Promise<Record<string, number>> {
  const folder = benchFolder()
  const filled = await openFilled(join(folder, 'robotrace.db'), options)
  const sqlite = new Sqlite(join(folder, 'robotrace.db'), { readonly: true })
  sqlite.pragma('cache_size = -65536')
  const questions = [
    ...episodeQuestions(filled, sqlite),
    ...sessionQuestions(filled),
    ...deviceQuestions(filled),
  ]
  const results = []
  for (const question of questions) results.push(await measure(question, options.pages))
  const summary: Record<string, number> = {}
  for (const list of new Set(questions.map((one) => one.list))) {
    Object.assign(
      summary,
      report(
        list,
        results.filter((one) => one.question.list === list),
      ),
    )
  }
  sqlite.close()
  await filled.ctx.db.destroy()
  rmSync(folder, { recursive: true, force: true })
  return summary
}

export interface Filled {
  ctx: Ctx
  caller: OrganizationCaller
  organization_id: string
  fleet: FilledFleet
}

/** An installation with so many devices and episodes in one organization. */
export async function openFilled(
  file: string,
  { devices, episodes }: { devices: number; episodes: number },
): Promise<Filled> {
  const db = openDatabase(file, '0.0.0')
  const now = () => new Date()
  const at = now().toISOString()
  const account_id = 'acc_bench'
  await db
    .insertInto('accounts')
    .values({ id: account_id, email: 'bench@bench.example', name: 'Bench', created_at: at })
    .execute()
  const organization_id = await insertOrganization(db, account_id, { name: 'Bench', slug: 'bench' }, at)
  const { id: project_id } = await db.selectFrom('projects').select('id').executeTakeFirstOrThrow()
  const sqlite = new Sqlite(file)
  sqlite.pragma('recursive_triggers = ON')
  sqlite.pragma('synchronous = OFF')
  sqlite.pragma('cache_size = -262144')
  const began = performance.now()
  const fleet = fillFleet(sqlite, { organization_id, account_id, project_id, devices, episodes })
  sqlite.close()
  console.log(
    `  ${episodes} episodes and ${devices} devices written in ${((performance.now() - began) / 1000).toFixed(0)} s`,
  )
  const caller: OrganizationCaller = {
    ...{ kind: 'organization', credential: { kind: 'api_key', id: 'bench' }, organization_id, project_id },
    ...{ pinned_project_id: null, pinned_device_id: null, account_id },
    ...{ scopes: 'episodes:read fleet:read', rate_limit: null, ip: '', user_agent: '', request_id: '' },
  }
  // Of the configuration these lists read the address alone.
  const config = { public_url: 'http://bench.example' } as AppContext['config']
  return { ctx: { db, config, now }, caller, organization_id, fleet }
}

/** Some of the plain statements take seconds: one in so many shows it, and no filter has as many values. */
const BARE_EVERY = 7

/** What the episodes page can be narrowed by, one value of each sort: common, rare, and none. */
function episodeQuestions({ ctx, organization_id, fleet }: Filled, sqlite: Sqlite.Database): Question[] {
  const bare = barePages(sqlite, organization_id)
  const where = { organization_id }
  const combinations = product({
    project: [null, fleet.projects.main, fleet.projects.small],
    status: [null, 'recording', 'ready', 'failed'],
    source: [null, 'real', 'sim', 'replay'],
    policy_version: [null, fleet.policies.busy, fleet.policies.rare],
    place: [
      {},
      { robot: fleet.robots.busy },
      { robot: fleet.robots.quiet },
      { device_id: fleet.devices.busy },
    ],
    range: [{}, { since: back(fleet, 7) }, { since: back(fleet, 60), until: back(fleet, 30) }],
    archived: [false, true],
  })
  return combinations.map(({ place, range, ...rest }, nth) => {
    const wanted = { limit: 50, ...place, ...range, ...rest } as Omit<Wanted, 'cursor'>
    const ask = async (cursor: string | null): Promise<string | null> =>
      (await listEpisodes(ctx, where, { ...wanted, cursor })).next_cursor
    return {
      list: 'episodes',
      name: nameOf(wanted),
      ask,
      ...(nth % BARE_EVERY === 0 ? { bare: () => bare(wanted) } : {}),
    }
  })
}

/** Sessions as REST lists them, by number and by cursor, and the episodes page with its total. */
function sessionQuestions({ ctx, caller, organization_id, fleet }: Filled): Question[] {
  const address = { org: organization_id, project: 'default' }
  const combinations = product({
    status: [undefined, 'active', 'completed', 'failed'] as const,
    device_id: [undefined, fleet.devices.busy, fleet.robots.quiet],
    range: [
      {},
      { since: back(fleet, 7) },
      { since: back(fleet, 60), until: back(fleet, 30.4) },
      { until: back(fleet, 0.3) },
    ],
    page: [1, 2, 50, 20_000],
    page_size: [20, 100],
  })
  const pages = combinations.map(({ range, ...rest }): Question => {
    const wanted = { ...range, ...rest }
    return {
      list: 'sessions',
      name: nameOf(wanted),
      ask: async (cursor) =>
        (await listSessions(ctx, caller, { ...address, ...wanted, ...(cursor ? { cursor } : {}) }))
          .next_cursor,
    }
  })
  const totals = product({
    project: [null, 'default', 'small'],
    status: [null, 'recording', 'ready', 'failed'] as const,
    range: [{}, { since: back(fleet, 7) }, { until: back(fleet, 30.4) }],
  }).map(({ range, ...rest }): Question => {
    const wanted = { limit: 50, archived: false, ...range, ...rest }
    return {
      list: 'portal with total',
      name: nameOf(wanted),
      ask: async () => {
        await showEpisodes(ctx, { organization_id }, wanted)
        return null
      },
    }
  })
  return [...pages, ...totals]
}

function deviceQuestions({ ctx, caller, organization_id, fleet }: Filled): Question[] {
  const combinations = product({
    project: ['default', 'small', undefined],
    status: [undefined, 'online', 'offline', 'maintenance'] as const,
    type: [undefined, 'amr', 'nothing'],
    confirmed: [undefined, false],
    text: [undefined, 'arm-09', 'SN-77', fleet.robots.quiet, 'nothing'],
    page: [1, 40],
  })
  return combinations.map((wanted): Question => {
    const { page } = wanted
    return {
      list: 'devices',
      name: nameOf(wanted),
      ask: async (cursor) => {
        const asked = { org: organization_id, ...wanted, page_size: 100, ...(cursor ? { cursor } : { page }) }
        return (await listDevices(ctx, caller, asked)).next_cursor
      },
    }
  })
}

interface Measured {
  question: Question
  /** Milliseconds by the clock, */
  times: number[]
  /** and of processor time, which does not depend on what else the machine has to do. */
  cpu: number[]
  bare: number
}

/** The first pages one behind the other; asking twice for the first shows what being asked before is worth. */
async function measure(question: Question, pages: number): Promise<Measured> {
  const times: number[] = []
  const cpu: number[] = []
  let cursor: string | null = null
  for (let nth = 0; nth < pages; nth++) {
    const used = process.cpuUsage()
    const began = performance.now()
    const next: string | null = await question.ask(cursor)
    times.push(performance.now() - began)
    const { user, system } = process.cpuUsage(used)
    cpu.push((user + system) / 1000)
    cursor = next
  }
  const began = performance.now()
  question.bare?.()
  return { question, times, cpu, bare: question.bare ? performance.now() - began : Number.NaN }
}

function report(list: string, results: Measured[]): Record<string, number> {
  const all = results.flatMap(({ times }) => times)
  const cpu = results.flatMap((one) => one.cpu)
  const bare = results.map((one) => one.bare).filter((ms) => !Number.isNaN(ms))
  const worst = [...results].sort((a, b) => Math.max(...b.times) - Math.max(...a.times)).slice(0, 5)
  const line = (ms: number): string => `${ms.toFixed(2)} ms`
  console.log(`  ${list}: ${results.length} combinations, ${all.length} pages`)
  console.log(
    `    p50 ${line(quantile(all, 0.5))}, p99 ${line(quantile(all, 0.99))}, most ${line(Math.max(...all))}`,
  )
  console.log(`    of the processor: p50 ${line(quantile(cpu, 0.5))}, p99 ${line(quantile(cpu, 0.99))}`)
  if (bare.length > 0) {
    const last = Math.max(...bare)
    console.log(
      `    as one plain statement: p50 ${line(quantile(bare, 0.5))}, p99 ${line(quantile(bare, 0.99))}, most ${line(last)}`,
    )
  }
  for (const { question, times, bare: plain } of worst) {
    const beside = Number.isNaN(plain) ? '' : `, plain ${line(plain)}`
    console.log(`    slowest: ${line(Math.max(...times))}${beside}: ${question.name || 'no filter'}`)
  }
  const name = list.replaceAll(' ', '_')
  return {
    [`${name}_p50_ms`]: quantile(all, 0.5),
    [`${name}_p99_ms`]: quantile(all, 0.99),
    [`${name}_most_ms`]: Math.max(...all),
    [`${name}_cpu_p99_ms`]: quantile(cpu, 0.99),
    ...(bare.length > 0 ? { [`${name}_plain_p99_ms`]: quantile(bare, 0.99) } : {}),
  }
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function back({ last_at }: FilledFleet, days: number): string {
  return new Date(Date.parse(last_at) - days * 86_400_000).toISOString()
}

function nameOf(wanted: object): string {
  return Object.entries(wanted)
    .filter(([name, value]) => value !== null && value !== undefined && value !== false && name !== 'limit')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
}

type Choices = Record<string, readonly unknown[]>
type Combination<All extends Choices> = { [Name in keyof All]: All[Name][number] }

function product<const All extends Choices>(choices: All): Combination<All>[] {
  let all: Record<string, unknown>[] = [{}]
  for (const [name, values] of Object.entries(choices)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })))
  }
  // Each of them has one value of every name.
  return all as Combination<All>[]
}
