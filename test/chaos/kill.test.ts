import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../../scripts/build.ts'
import { mintApiKey } from '../../server/api-keys/api-keys.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import { logUntilGone, type World } from './clients.ts'
import { wrongEpisodes, wrongFiles, wrongTotals } from './inspect.ts'
import type { Known } from './ledger.ts'
import { type Random, randomFrom } from './random.ts'
import { runProgram, type Victim } from './victim.ts'

/** One number for all chances; `ROBOTRACE_CHAOS_SEED=… npx vitest run test/chaos` has them again. */
const SEED = Number(process.env.ROBOTRACE_CHAOS_SEED || randomInt(2 ** 31))
/** More for a night: `ROBOTRACE_CHAOS_ROUNDS=5000`. */
const ROUNDS = Number(process.env.ROBOTRACE_CHAOS_ROUNDS || 70)
const ONE_ROUND_MS = 10_000

beforeAll(buildIfStale)

/** A data folder with one organization and a key that may do everything. */
async function newWorld(data: string, random: Random): Promise<World> {
  await using server = await startTestServer({}, { data, file: true })
  const { owner, organization_id } = await tenant(server)
  const { key } = await mintApiKey(server.ctx, owner.caller, {
    ...{ organization_id, label: 'chaos', scopes: ['episodes:write', 'episodes:read', 'admin'] },
  })
  const { slug } = await server.ctx.db
    .selectFrom('organizations')
    .select('slug')
    .where('id', '=', organization_id)
    .executeTakeFirstOrThrow()
  const sessions = `/api/v1/organizations/${slug}/projects/default/sessions`
  return { url: '', api_key: key, sessions, episodes: [], random }
}

/** Serves again on what is there; now and then the start itself is killed first, as often as it takes. */
async function startAgain(data: string, random: Random, count: Record<string, number>): Promise<Victim> {
  for (;;) {
    const victim = runProgram(data)
    if (!random.chance(0.15)) return victim
    await Promise.race([victim.ready, pause(random.below(900))])
    await victim.kill()
    add(count, 'start of the server')
  }
}

function add(count: Record<string, number>, what: string): void {
  count[what] = (count[what] ?? 0) + 1
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

function some(from: readonly Known[], many: number, random: Random): Known[] {
  const [first, ...rest] = from
  return first ? Array.from({ length: many }, () => random.pick([first, ...rest])) : []
}

test(`kill -9 while robots start, upload, finalize and delete: nothing acknowledged is lost, nothing half-written shows, and the next start needs no hand (${ROUNDS} rounds, seed ${SEED})`, {
  timeout: ROUNDS * ONE_ROUND_MS,
}, async () => {
  const random = randomFrom(SEED)
  const data = mkdtempSync(join(tmpdir(), 'robotrace-chaos-'))
  const world = await newWorld(data, random)
  const cut: Record<string, number> = {}
  let fresh: Known[] = []
  let victim: Victim | undefined
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const which = `seed ${SEED}, round ${round}`
      victim = await startAgain(data, random, cut)
      world.url = await victim.ready
      // Those of the last round and some of earlier ones; at the end all of them.
      const looked = [...fresh, ...some(world.episodes, 10, random)]
      expect(await wrongEpisodes(world, data, looked), which).toEqual([])
      expect(wrongFiles(data), which).toEqual([])
      const known = world.episodes.length
      const done = logUntilGone(world, 4, `round ${round}`)
      await Promise.race([done, pause(random.below(500))])
      await victim.kill()
      await done
      fresh = world.episodes.filter((one, n) => n >= known || one.unanswered)
      for (const { unanswered } of fresh) if (unanswered) add(cut, unanswered.does)
    }
    victim = runProgram(data)
    world.url = await victim.ready
    expect(await wrongEpisodes(world, data, world.episodes), `seed ${SEED}`).toEqual([])
    expect([...wrongFiles(data), ...wrongTotals(data)], `seed ${SEED}`).toEqual([])
    // It was about something.
    for (const moment of ['start', 'upload', 'finalize', 'delete', 'start of the server']) {
      expect(cut[moment] ?? 0, `seed ${SEED}: kills during ${moment}`).toBeGreaterThan(0)
    }
    console.info(
      `kill -9, ${ROUNDS} rounds: ${world.episodes.length} episodes; cut off: ${JSON.stringify(cut)}`,
    )
  } finally {
    await victim?.kill()
    rmSync(data, { recursive: true, force: true })
  }
})
