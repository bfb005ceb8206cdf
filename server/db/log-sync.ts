import { closeSync, fdatasync, openSync } from 'node:fs'

/** Makes what has been written to SQLite's write-ahead log durable, without holding up the event loop. */
export interface LogSync {
  /** Settles when everything written before the call is on the disk. Calls made while one runs share the next. */
  sync(): Promise<void>
  /** Waits for what is under way. */
  close(): Promise<void>
}

/**
 * @param database path of the database file, in WAL mode
 * @example const log = createLogSync('data/robotrace.db')
 */
export function createLogSync(database: string): LogSync {
  let fd: number | undefined
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined

  function start(): Promise<void> {
    const run = syncNow().finally(() => {
      if (running === run) running = undefined
    })
    running = run
    return run
  }

  async function syncNow(): Promise<void> {
    // SQLite makes the log before the first write and keeps this one file until its last connection closes.
    fd ??= openSync(`${database}-wal`, 'r+')
    await syncData(fd)
  }

  return {
    sync() {
      if (!running) return start()
      // What is written now may have missed the sync under way: it needs the one after.
      next ??= running
        .catch(() => {})
        .then(() => {
          next = undefined
          return start()
        })
      return next
    },
    async close() {
      await (next ?? running)?.catch(() => {})
      if (fd !== undefined) closeSync(fd)
      fd = undefined
    },
  }
}

function syncData(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error ? reject(error) : resolve()))
  })
}
