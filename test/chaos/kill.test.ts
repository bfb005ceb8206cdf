import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../../scripts/build.ts'
import { logUntilGone, type World } from './clients.ts'
import { wrongEpisodes, wrongFiles, wrongTotals } from './inspect.ts'
import type { Change, Known } from './ledger.ts'
import { randomFrom } from './random.ts'
import { runProgram, type Victim } from './victim.ts'
import { add, newWorld, ONE_ROUND_MS, pause, rounds, SEED, some, startAgain, type Tally } from './world.ts'

const ROUNDS = rounds(60)

beforeAll(buildIfStale)

/** Any moment, or one at which a request of a certain kind is on its way. */
async function someMoment(world: World): Promise<void> {
  const { random } = world
  if (random.chance(0.4)) return pause(random.below(500))
  const wanted = random.pick<Change['does']>(['start', 'upload', 'finalize', 'delete'])
  await new Promise<void>((resolve) => {
    world.heard = (does) => {
      if (does === wanted) resolve()
    }
  })
  world.heard = undefined
  return pause(random.below(random.pick([2, 10, 30])))
}

test(`kill -9 while robots start, upload, finalize and delete: nothing acknowledged is lost, nothing half-written shows, and the next start needs no hand (${ROUNDS} rounds, seed ${SEED})`, {
  timeout: ROUNDS * ONE_ROUND_MS,
}, async () => {
  const random = randomFrom(SEED)
  const data = mkdtempSync(join(tmpdir(), 'robotrace-chaos-'))
  const world = await newWorld(data, random)
  const cut: Tally = {}
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
      await Promise.race([done, someMoment(world)])
      await victim.kill()
      await done
      fresh = world.episodes.filter((one, n) => n >= known || one.unanswered)
      for (const { unanswered } of fresh) if (unanswered) add(cut, unanswered.does)
    }
    victim = runProgram(data)
    world.url = await victim.ready
    expect(await wrongEpisodes(world, data, world.episodes), `seed ${SEED}`).toEqual([])
    expect([...wrongFiles(data), ...wrongTotals(data)], `seed ${SEED}`).toEqual([])
    // It was about something: in sixty rounds each of them happens many times.
    const moments =
      ROUNDS < 40 ? ['upload'] : ['start', 'upload', 'finalize', 'delete', 'start of the server']
    for (const moment of moments) {
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
