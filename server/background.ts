import type { Log } from './log.ts'

/** Best-effort work behind a request's back. Its failure is logged and never reaches the request. */
export interface Background extends AsyncDisposable {
  /** Starts a task now. */
  add(name: string, task: () => Promise<unknown>): void
  /**
   * Runs a task again and again, never beside itself, and once more whenever the work is drained.
   *
   * @param at_end `run`: once more before the process ends, because it writes down what is only in memory
   */
  every(name: string, interval_ms: number, task: () => Promise<unknown>, at_end?: 'run'): void
  /** Settles when everything that was added, and every recurring task once, has run. */
  drain(): Promise<void>
  /** Whether the process is about to end: work that comes piece by piece begins no further one. */
  readonly ending: boolean
}

/**
 * @param failed hears of each task that failed
 * @example const background = createBackground(log)
 */
export function createBackground(log: Log, failed?: (task: string) => void): Background {
  const running = new Set<Promise<void>>()
  const recurring: { name: string; task: () => Promise<unknown>; at_end: 'run' | undefined }[] = []
  const timers: NodeJS.Timeout[] = []
  let ending = false

  function add(name: string, task: () => Promise<unknown>): Promise<void> {
    const run = Promise.resolve()
      .then(task)
      .then(
        () => {},
        (error: unknown) => {
          log.warn({ err: error, task: name }, 'background work failed')
          failed?.(name)
        },
      )
      .finally(() => running.delete(run))
    running.add(run)
    return run
  }

  async function settle(): Promise<void> {
    while (running.size > 0) await Promise.all(running)
  }

  function repeat(name: string, interval_ms: number, task: () => Promise<unknown>): void {
    let busy = false
    const turn = async (): Promise<void> => {
      if (busy) return
      busy = true
      await add(name, task)
      busy = false
    }
    timers.push(setInterval(() => void turn(), interval_ms).unref())
  }

  return {
    add: (name, task) => void add(name, task),
    every(name, interval_ms, task, at_end) {
      recurring.push({ name, task, at_end })
      repeat(name, interval_ms, task)
    },
    async drain() {
      for (const { name, task } of recurring) add(name, task)
      await settle()
    },
    get ending() {
      return ending
    },
    async [Symbol.asyncDispose]() {
      ending = true
      for (const timer of timers) clearInterval(timer)
      for (const { name, task, at_end } of recurring) if (at_end === 'run') add(name, task)
      await settle()
    },
  }
}
