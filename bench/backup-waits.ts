import { monitorEventLoopDelay } from 'node:perf_hooks'
import { backupToFolder } from '../server/backup/backup.ts'
import { removeOrphans, tellMissing } from '../server/blobs/reconcile-jobs.ts'
import { readConfig } from '../server/config.ts'
import { startServer } from '../server/serve.ts'

/** Between two requests. */
const EVERY_MS = 5
const BASELINE_MS = 5_000
const ROUNDS = 3

interface Waits {
  /** How long a request took, ms. */
  p50: number
  p99: number
  longest: number
  /** The longest that nothing else could be done, ms. */
  stall: number
}

/**
 * How long do requests to a server wait while it backs itself up, and while it compares files with rows, next to the same
 * server with nothing else to do in the seconds before? Client and server are one process, so what one of them is
 * held up by holds up both: more than a real client waits, never less. The best of three rounds is told: what other
 * programs on the machine take is in all of them, and differs.
 */
export async function benchWaits(data: string, to: string): Promise<Record<string, number>> {
  const { config, secrets } = readConfig({
    ...{ PORT: '0', HOST: '127.0.0.1', ROBOTRACE_DATA: data, ROBOTRACE_LOG_LEVEL: 'silent' },
    ...{ ROBOTRACE_RATE_LIMIT: '0', ROBOTRACE_MIN_FREE: '1MB' },
  })
  await using server = await startServer(config, secrets)
  const { ctx } = server
  await ctx.background.drain()
  const asked = new URL('/healthz', server.local_url)
  const best: Record<string, Waits> = {}
  for (let round = 0; round < ROUNDS; round++) {
    const works: Record<string, () => Promise<unknown>> = {
      idle: () => new Promise((resolve) => setTimeout(resolve, BASELINE_MS)),
      backup: () => backupToFolder({ data, to: `${to}-${round}`, now: () => new Date(), at_once: 2 }),
      backup_again: () => backupToFolder({ data, to: `${to}-${round}`, now: () => new Date(), at_once: 2 }),
      check: () => removeOrphans(ctx).then(() => tellMissing(ctx)),
    }
    for (const [name, work] of Object.entries(works)) {
      const waits = await waitsWhile(asked, work)
      const known = best[name]
      if (!known || waits.longest < known.longest) best[name] = waits
    }
  }
  return told(best)
}

function told(best: Record<string, Waits>): Record<string, number> {
  const figures: Record<string, number> = {}
  for (const [name, { p50, p99, longest, stall }] of Object.entries(best)) {
    const [middle, high, most, held] = [p50, p99, longest, stall].map((ms) => ms.toFixed(1))
    console.log(`  requests (${name}): p50 ${middle} ms, p99 ${high}, longest ${most}; longest stall ${held}`)
    Object.assign(figures, { [`wait_${name}_p99_ms`]: p99, [`wait_${name}_longest_ms`]: longest })
    figures[`stall_${name}_ms`] = stall
  }
  return figures
}

/**
 * Asks again and again, whether the request before was answered or not, and counts from when it should have been asked:
 * what holds up the clock of the asking hides no waiting.
 */
async function waitsWhile(url: URL, work: () => Promise<unknown>): Promise<Waits> {
  const took: number[] = []
  const under_way = new Set<Promise<void>>()
  let due = performance.now()
  const ask = async (began: number): Promise<void> => {
    await (await fetch(url)).arrayBuffer()
    took.push(performance.now() - began)
  }
  const timer = setInterval(() => {
    for (; due <= performance.now(); due += EVERY_MS) {
      const one = ask(due).finally(() => under_way.delete(one))
      under_way.add(one)
    }
  }, EVERY_MS)
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  await work()
  delay.disable()
  clearInterval(timer)
  await Promise.all(under_way)
  took.sort((one, other) => one - other)
  const at = (share: number): number => took[Math.floor((took.length - 1) * share)] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), longest: at(1), stall: delay.max / 1e6 }
}
