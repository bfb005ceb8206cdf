import type { Host } from '../../../cli/host.ts'
import { done, say, warn } from '../../../cli/print.ts'
import type { HandedLink } from '../../accounts/by-operator.ts'
import type { AtMachine } from './at-machine.ts'

/** A link on standard output, alone, and what it is on standard error. */
export function sayLink(
  host: Host,
  { guessed }: Pick<AtMachine, 'guessed'>,
  { link, expires_at }: HandedLink,
  whose: string,
): void {
  done(
    host,
    `A link to set the password of ${whose}. It works once, until ${clock(expires_at)}; setting one ends every session:`,
  )
  say(host, link)
  if (guessed) {
    warn(
      host,
      `It leads to ${new URL(link).host}, as PUBLIC_URL and PORT are not set here. A server that is elsewhere: the same link behind its own address; \`--public-url\` or \`--port\` name it next time.`,
    )
  }
}

/** @example clock('2026-05-04T20:08:14.000Z') // '20:08 UTC' */
function clock(at: string): string {
  return `${at.slice(11, 16)} UTC`
}
