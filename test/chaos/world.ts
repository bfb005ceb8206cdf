import { randomInt } from 'node:crypto'
import { mintApiKey } from '../../server/api-keys/api-keys.ts'
import { startTestServer } from '../harness.ts'
import { tenant } from '../seed.ts'
import type { World } from './clients.ts'
import type { Known } from './ledger.ts'
import type { Random } from './random.ts'
import { runProgram, type Victim } from './victim.ts'

/** One number for all chances; `ROBOTRACE_CHAOS_SEED=… npx vitest run test/chaos` has them again. */
export const SEED = Number(process.env.ROBOTRACE_CHAOS_SEED || randomInt(2 ** 31))

/** More for a night: `ROBOTRACE_CHAOS_ROUNDS=5000`, for each of the tests. @param usual how many there are otherwise */
export function rounds(usual: number): number {
  return Number(process.env.ROBOTRACE_CHAOS_ROUNDS || usual)
}

/** No round takes that long; one that hangs is found. */
export const ONE_ROUND_MS = 60_000

/** How often what was cut off. */
export type Tally = Record<string, number>

/** A data folder with one organization and a key that may do everything. */
export async function newWorld(data: string, random: Random): Promise<World> {
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
export async function startAgain(data: string, random: Random, count: Tally): Promise<Victim> {
  for (;;) {
    const victim = runProgram(data)
    if (!random.chance(0.15)) return victim
    await Promise.race([victim.ready, pause(random.below(900))])
    await victim.kill()
    add(count, 'start of the server')
  }
}

export function add(count: Tally, what: string): void {
  count[what] = (count[what] ?? 0) + 1
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function some(from: readonly Known[], many: number, random: Random): Known[] {
  const [first, ...rest] = from
  return first ? Array.from({ length: many }, () => random.pick([first, ...rest])) : []
}
