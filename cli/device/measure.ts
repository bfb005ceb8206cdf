import { readFile, statfs } from 'node:fs/promises'
import { cpus, freemem, totalmem } from 'node:os'
import type { Heartbeat } from '../../sdk/wire.ts'

/** CPU time since the machine started, in its own ticks. */
export interface CpuTime {
  busy: number
  all: number
}

/** @example const before = await cpuTime(); …; const { cpu_usage } = await measure(before, '/') */
export async function cpuTime(): Promise<CpuTime> {
  // Not every runtime's os.cpus() is fresh at each call; this file is.
  const line = await readFile('/proc/stat', 'utf8').catch(() => undefined)
  const ticks = /^cpu +([\d ]+)/
    .exec(line ?? '')?.[1]
    ?.trim()
    .split(/\s+/)
    .map(Number)
  if (ticks) {
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already (proc(5)).
    const all = ticks.slice(0, 8).reduce((sum, one) => sum + one, 0)
    return { busy: all - (ticks[3] ?? 0) - (ticks[4] ?? 0), all }
  }
  const times = cpus().map(({ times }) => times)
  const all = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { busy: all - times.reduce((sum, { idle }) => sum + idle, 0), all }
}

/**
 * How busy this machine is, in percent; what it does not tell is left out.
 *
 * @param since the CPU is measured from there to now
 * @param folder of the disk that matters
 */
export async function measure(since: CpuTime, folder: string): Promise<Heartbeat> {
  const now = await cpuTime()
  const ticks = now.all - since.all
  const [total, free] = [totalmem(), freemem()]
  return {
    ...(ticks > 0 && { cpu_usage: percent((now.busy - since.busy) / ticks) }),
    ...(total > 0 && { memory_usage: percent((total - free) / total) }),
    ...(await diskOf(folder)),
  }
}

/** As `df` counts it: what is used, of what is used and what this account may still use. */
async function diskOf(folder: string): Promise<Heartbeat> {
  try {
    const { blocks, bfree, bavail } = await statfs(folder)
    const used = blocks - bfree
    return used + bavail > 0 ? { disk_usage: percent(used / (used + bavail)) } : {}
  } catch {
    return {}
  }
}

function percent(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 1000) / 10
}
