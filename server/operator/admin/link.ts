import type { Host } from '../../../cli/host.ts'
import { done, say } from '../../../cli/print.ts'
import type { HandedLink } from '../../accounts/by-operator.ts'

/** A link on standard output, alone, and what it is on standard error. */
export function sayLink(host: Host, { link, expires_at }: HandedLink, whose: string): void {
  done(
    host,
    `A link to set the password of ${whose}. It works once, until ${clock(expires_at)}; setting one ends every session:`,
  )
  say(host, link)
}

/** @example clock('2026-05-04T20:08:14.000Z') // '20:08 UTC' */
function clock(at: string): string {
  return `${at.slice(11, 16)} UTC`
}
