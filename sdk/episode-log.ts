import { APIError } from './errors.ts'
import { sessionPath } from './session-path.ts'
import type { Transport } from './transport.ts'
import type { AddedLogs, LogEntry } from './wire.ts'

/** What belongs to a line of an episode's log. */
export interface LogOptions {
  /** Which program or part wrote it, at most 120 characters. */
  module?: string
  /** When, by the robot's clock. Default: now. */
  at?: Date
}

/** What one request carries at most. */
const MOST_LINES = 500
const MOST_CHARACTERS = 200_000
/** What a session can hold; beyond it nothing is kept waiting. */
const MOST_WAITING = 100_000
const LONGEST_MESSAGE = 4_000
const LONGEST_MODULE = 120
/** A line that is written after such a pause takes along those before it: a long run can be watched. */
const PAUSE_MS = 5_000

/**
 * The log of one episode, sent in batches and in order. It never gets in the way of the run: what does not go through is
 * tried again with the next batch, and what is lost in the end is counted.
 */
export class EpisodeLog {
  readonly #transport: Transport
  readonly #id: string
  #waiting: LogEntry[] = []
  #sending: Promise<void> | undefined
  #sent_at = Date.now()
  #lost = 0

  constructor(transport: Transport, id: string) {
    this.#transport = transport
    this.#id = id
  }

  /** Lines that the server does not have, and will not get. */
  get lost(): number {
    return this.#lost
  }

  /** Keeps a line; without any key in it. */
  add(entry: LogEntry): void {
    if (this.#waiting.length >= MOST_WAITING) {
      this.#lost++
      return
    }
    const message = this.#transport.hide(entry.message).slice(0, LONGEST_MESSAGE)
    this.#waiting.push({ ...entry, message, module: entry.module.slice(0, LONGEST_MODULE) })
    const is_due = this.#waiting.length >= MOST_LINES || Date.now() - this.#sent_at >= PAUSE_MS
    if (is_due) this.#sending ??= this.#send()
  }

  /** Sends what waits. What does not go through now counts as lost. */
  async flush(): Promise<void> {
    await this.#sending
    await this.#send()
    this.#lost += this.#waiting.length
    this.#waiting = []
  }

  /** Batch after batch, until nothing waits or one does not go through. */
  async #send(): Promise<void> {
    try {
      while (this.#waiting.length > 0) {
        const entries = this.#batch()
        if (!(await this.#post(entries))) return
        this.#waiting.splice(0, entries.length)
      }
    } finally {
      this.#sent_at = Date.now()
      this.#sending = undefined
    }
  }

  #batch(): LogEntry[] {
    let characters = 0
    const end = this.#waiting.slice(0, MOST_LINES).findIndex(({ message, module }, index) => {
      characters += message.length + module.length
      return index > 0 && characters > MOST_CHARACTERS
    })
    return this.#waiting.slice(0, end < 0 ? MOST_LINES : end)
  }

  /** @returns false when it may be tried again; what is refused for good is counted and dropped */
  async #post(entries: LogEntry[]): Promise<boolean> {
    try {
      const path = await sessionPath(this.#transport, this.#id, 'logs')
      const call = { method: 'POST', path, body: { entries }, retry_while_limited: true } as const
      await this.#transport.json<AddedLogs>(call)
      return true
    } catch (error) {
      const for_good = error instanceof APIError && error.status < 500 && error.status !== 429
      if (for_good) this.#lost += entries.length
      return for_good
    }
  }
}
