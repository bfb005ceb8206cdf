import type { Log } from './log.ts'

/** Best-effort work behind a request's back. Its failure is logged and never reaches the request. */
export interface Background extends AsyncDisposable {
  /** Starts a task now. */
  add(name: string, task: () => Promise<unknown>): void
  /** Runs a task again and again, and once more whenever the work is drained. */
  every(name: string, interval_ms: number, task: () => Promise<unknown>): void
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
  const recurring: { name: string; task: () => Promise<unknown> }[] = []
  const timers: NodeJS.Timeout[] = []
  let ending = false

  function add(name: string, task: () => Promise<unknown>): void {
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
  }

  async function drain(): Promise<void> {
    for (const { name, task } of recurring) add(name, task)
    while (running.size > 0) await Promise.all(running)
  }

  return {
    add,
    every(name, interval_ms, task) {
      recurring.push({ name, task })
      timers.push(setInterval(() => add(name, task), interval_ms).unref())
    },
    drain,
    get ending() {
      return ending
    },
    async [Symbol.asyncDispose]() {
      ending = true
      for (const timer of timers) clearInterval(timer)
      await drain()
    },
  }
}
