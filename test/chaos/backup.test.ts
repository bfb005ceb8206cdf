import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { buildIfStale } from '../../scripts/build.ts'
import { logUntilGone } from './clients.ts'
import { filesIn, wrongEpisodes, wrongFiles, wrongTotals } from './inspect.ts'
import { type Random, randomFrom } from './random.ts'
import { runProgram, type Victim } from './victim.ts'
import { add, newWorld, ONE_ROUND_MS, pause, rounds, SEED, some, type Tally } from './world.ts'

const ROUNDS = rounds(20)

beforeAll(buildIfStale)

/** Waits until the backup has written something, or a moment that has nothing to do with it. */
async function someMoment(backups: string, backup: Victim, random: Random): Promise<void> {
  const before = filesIn(backups).length
  const ended = backup.ended.then(() => true)
  if (random.chance(0.25)) return pause(random.below(1_000))
  while (filesIn(backups).length === before) {
    if (await Promise.race([ended, pause(1).then(() => false)])) return
  }
  return pause(random.below(random.pick([5, 40, 200])))
}

test(`kill -9 of the server, of the backup it is beside, or of both: every backup that said it was done is whole, and the next one needs no hand (${ROUNDS} rounds, seed ${SEED})`, {
  timeout: (ROUNDS + 4) * ONE_ROUND_MS,
}, async () => {
  const random = randomFrom(SEED)
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-chaos-'))
  const [data, backups, back] = [join(folder, 'data'), join(folder, 'backups'), join(folder, 'back')]
  const world = await newWorld(data, random)
  const cut: Tally = {}
  const running = new Set<Victim>()
  const run = (args?: string[], where = data): Victim => {
    const victim = runProgram(where, args)
    running.add(victim)
    victim.ended.then(() => running.delete(victim))
    return victim
  }
  try {
    for (let round = 1; round <= ROUNDS; round++) {
      const which = `seed ${SEED}, round ${round}`
      const server = run()
      world.url = await server.ready
      expect(await wrongEpisodes(world, data, some(world.episodes, 10, random)), which).toEqual([])
      expect(wrongFiles(data), which).toEqual([])
      const done = logUntilGone(world, 2, `round ${round}`)
      const backup = run(['backup', '--to', backups, '--quiet'])
      await Promise.race([done, someMoment(backups, backup, random)])
      const whom = random.pick(['server', 'backup', 'both'])
      if (whom !== 'server') await backup.kill()
      if (whom !== 'backup') await server.kill()
      const status = await backup.ended
      add(cut, status === null ? 'backup cut off' : `backup ended with ${status} (${whom} killed)`)
      // Whatever the server did meanwhile, the backup is right or says that it is none.
      if (status === 0) {
        expect(await run(['verify-backup', backups, '--quiet']).ended, which).toBe(0)
      }
      await server.kill()
      await done
    }
    const server = run()
    world.url = await server.ready
    expect(await wrongEpisodes(world, data, world.episodes), `seed ${SEED}`).toEqual([])
    expect(await run(['backup', '--to', backups, '--quiet']).ended).toBe(0)
    await server.kill()
    for (const name of readdirSync(backups).filter((one) =>
      existsSync(join(backups, one, 'manifest.json')),
    )) {
      expect(await run(['verify-backup', backups, '--backup', name, '--quiet']).ended, name).toBe(0)
    }
    expect(await run(['restore', backups, '--quiet'], back).ended).toBe(0)
    world.url = await run(undefined, back).ready
    expect(await wrongEpisodes(world, back, world.episodes), `seed ${SEED}`).toEqual([])
    expect([...wrongFiles(back), ...wrongTotals(back)], `seed ${SEED}`).toEqual([])
    if (ROUNDS >= 10) expect(cut['backup cut off'] ?? 0, `seed ${SEED}`).toBeGreaterThan(0)
    console.info(`kill -9 beside a backup, ${ROUNDS} rounds: ${JSON.stringify(cut)}`)
  } finally {
    for (const victim of running) await victim.kill()
    rmSync(folder, { recursive: true, force: true })
  }
})
