import { setImmediate } from 'node:timers/promises'

/**
 * Lets everybody else be served. Statements run within the turn they are asked in, so work of many steps, each of its
 * own transaction, would otherwise be one long turn.
 *
 * @example for (const some of pieces) { await write(some); await breathe() }
 */
export function breathe(): Promise<void> {
  return setImmediate()
}
