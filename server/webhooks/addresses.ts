import ipaddr from 'ipaddr.js'

/** Networks that receivers may be in although they are not public, as CIDR or single addresses. */
export type Networks = readonly string[]

const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether a webhook may connect to an address (security 59): it is public, or the operator has named its network.
 * Private, loopback, link-local (169.254.169.254 gives out cloud credentials), shared (CGNAT), unique local, reserved,
 * multicast and unspecified ones are not public; nor is IPv6 that stands for an IPv4 address (mapped, NAT64, 6to4,
 * Teredo), because what it leads to is another address than the one that is looked at.
 *
 * @example isReachable('10.0.0.5', []) // false
 * @example isReachable('10.0.0.5', ['10.0.0.0/24']) // true
 */
export function isReachable(address: string, networks: Networks): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address that is written as IPv6 is judged, and connected to, as what it is.
  const parsed = ipaddr.process(address)
  if (networks.some((network) => isWithin(parsed, network))) return true
  if (parsed.range() !== 'unicast') return false
  return parsed instanceof ipaddr.IPv4 || parsed.match(GLOBAL_IPV6)
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, network: string): boolean {
  const [base, bits] = network.includes('/')
    ? ipaddr.parseCIDR(network)
    : [ipaddr.parse(network), ipaddr.parse(network).kind() === 'ipv4' ? 32 : 128]
  if (address instanceof ipaddr.IPv4 && base instanceof ipaddr.IPv4) return address.match(base, bits)
  if (address instanceof ipaddr.IPv6 && base instanceof ipaddr.IPv6) return address.match(base, bits)
  return false
}
