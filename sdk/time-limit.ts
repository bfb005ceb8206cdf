import { ConfigurationError } from './errors.ts'

/** A timer set beyond this many milliseconds fires at once instead (32-bit overflow). */
const LONGEST_MS = 2 ** 31 - 1

/** Seconds as the whole milliseconds that timers accept. */
export function timerMs(seconds: number): number {
  return Math.min(Math.ceil(seconds * 1000), LONGEST_MS)
}

/** Refuses a time limit that could never be kept, before anything is sent. */
export function checkLimit(name: string, seconds: number): number {
  if (seconds > 0) return seconds
  throw new ConfigurationError(`${name} must be a number of seconds greater than 0.`)
}
