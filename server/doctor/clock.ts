import { existsSync } from 'node:fs'
import { type Finding, ok, problem, warning } from './finding.ts'

/** A clock may be so far off before something goes wrong by it. */
const TOLERATED_MS = 60_000

const SET = 'Set the clock and keep it set: timedatectl set-ntp true'

/**
 * This machine's clock next to the times it has to fit to.
 *
 * @param newest time of the newest row: a clock behind it went backwards
 * @param answered what PUBLIC_URL said the time was, and when it was asked
 */
export function* checkClock(
  now: Date,
  newest: Date | undefined,
  answered: { date: Date; at: Date } | undefined,
): Generator<Finding> {
  const time = now.toISOString()
  const behind = newest ? newest.getTime() - now.getTime() : 0
  if (newest && behind > TOLERATED_MS) {
    yield problem(
      'clock',
      `It is ${time} here, but something was recorded at ${newest.toISOString()} already.`,
      SET,
    )
  }
  const apart = answered ? Math.abs(answered.date.getTime() - answered.at.getTime()) : 0
  if (apart > TOLERATED_MS) {
    yield problem(
      'clock',
      `What answers at PUBLIC_URL says another time than this machine: ${Math.round(apart / 1000)} s apart.`,
      SET,
    )
  }
  if (behind > TOLERATED_MS || apart > TOLERATED_MS) return
  if (existsSync('/run/systemd/timesync/synchronized')) {
    yield ok('clock', `It is ${time}, kept by systemd-timesyncd.`)
    return
  }
  yield existsSync('/run/systemd/system')
    ? warning(
        'clock',
        `It is ${time}, and systemd-timesyncd does not keep it.`,
        `Unless chrony or the host does: ${SET}`,
      )
    : ok('clock', `It is ${time}. Whether something keeps it cannot be told here: no systemd-timesyncd.`)
}
