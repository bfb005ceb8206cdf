import type { Request } from 'express'
import ipaddr from 'ipaddr.js'
import type { Origin } from '../caller.ts'
import { requestId } from './request-log.ts'
import { INVISIBLE } from './text.ts'

export function originOf(request: Request): Origin {
  return {
    ip: clientAddress(request),
    // HTTP lets C1 control characters through, and this ends in lists, exports and terminals.
    user_agent: (request.headers['user-agent'] ?? '').replace(INVISIBLE, ''),
    request_id: request.res ? requestId(request.res) : '',
  }
}

/** The caller's address in its canonical form; IPv4 mapped into IPv6 is the IPv4 address. */
export function clientAddress(request: Request): string {
  const text = request.ip ?? ''
  const known = canonical.get(text)
  if (known !== undefined) return known
  const address = ipaddr.isValid(text) ? ipaddr.process(text).toString() : 'unknown'
  if (canonical.size >= MAX_REMEMBERED) canonical.clear()
  if (text.length <= LONGEST_ADDRESS) canonical.set(text, address)
  return address
}

/** Rigs come from the same few addresses again and again, and reading one takes longer than a request's rate limit. */
const canonical = new Map<string, string>()
const MAX_REMEMBERED = 10_000
/** Of IPv6 with an IPv4 tail; a proxy may pass on anything. */
const LONGEST_ADDRESS = 45

/**
 * The network a budget is counted for: an IPv4 address, an IPv6 /64, or one shared bucket for what is unknown,
 * so that not knowing is never a way around a budget.
 *
 * @example networkOf('2001:db8::1:2:3:4') // '2001:db8:0:0:0:0:0:0/64'
 */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  return within(parsed.toNormalizedString(), 64)
}

/** The /48 that an IPv6 address belongs to: what one customer of a provider has. Undefined for IPv4. */
export function siteOf(address: string): string | undefined {
  if (!ipaddr.isValid(address)) return undefined
  const parsed = ipaddr.process(address)
  return parsed.kind() === 'ipv4' ? undefined : within(parsed.toNormalizedString(), 48)
}

function within(address: string, bits: 48 | 64): string {
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`).toNormalizedString()}/${bits}`
}
