import ipaddr from 'ipaddr.js'
import { isReachable, type Networks } from './addresses.ts'

const HTTPS_PORT = 443
/** Below are the ports of mail, shells and the like, which nobody receives webhooks on. */
const FIRST_FREE_PORT = 1024

/**
 * What is wrong with the URL of a receiver, as far as the text alone tells: no name server is asked. Undefined when
 * nothing is.
 *
 * @example urlProblem('http://hooks.example.com', []) // 'must begin with https://'
 */
export function urlProblem(text: string, networks: Networks): string | undefined {
  if (!URL.canParse(text)) return 'must be an address such as https://hooks.example.com/robotrace'
  const url = new URL(text)
  if (url.protocol !== 'https:') return 'must begin with https://, because what it tells is not for everybody'
  if (url.username !== '' || url.password !== '')
    return 'must not carry a user or password. A receiver proves who sent it by the signature'
  const port = Number(url.port || HTTPS_PORT)
  if (port !== HTTPS_PORT && port < FIRST_FREE_PORT)
    return `must use port ${HTTPS_PORT}, or one from ${FIRST_FREE_PORT} up`
  const host = hostOf(url)
  if (!ipaddr.isValid(host)) return nameProblem(host, networks)
  return isReachable(host, networks) ? undefined : `must not be ${NOT_PUBLIC}`
}

/** Why a receiver is not reached, and what whoever runs the server can do about it. */
export const NOT_PUBLIC =
  'an address that is not public. For a receiver in your own network, whoever runs this server names that network in ROBOTRACE_WEBHOOK_NETWORKS'

/** The name or address to connect to; IPv6 stands in brackets in a URL. */
export function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1')
}

/** Set aside so that they never lead anywhere (RFC 6761, 7686, 9476). */
const NOWHERE = ['invalid', 'example', 'onion', 'alt']

/** Set aside for a network's own use (RFC 6761, 6762, 8375, and `internal` by ICANN): no public server answers for them. */
const WITHIN = ['local', 'internal', 'home.arpa', 'test']

const NAME_IT = 'whoever runs this server names'

/**
 * What is wrong with the name of a receiver by rule, without asking a name server; undefined when nothing is. A name
 * that is good inside a network passes as soon as the operator has named any: where it leads is looked at when
 * something is sent.
 *
 * @param host as a URL has it: lower case, no brackets
 * @example nameProblem('localhost', []) // 'must not be localhost, which is this server itself. …'
 */
function nameProblem(host: string, networks: Networks): string | undefined {
  const name = host.replace(/\.$/, '')
  if (isWithin(name, 'localhost')) {
    if (['127.0.0.1', '::1'].some((own) => isReachable(own, networks))) return undefined
    return `must not be localhost, which is this server itself. For a receiver beside it, ${NAME_IT} 127.0.0.1 in ROBOTRACE_WEBHOOK_NETWORKS`
  }
  const nowhere = NOWHERE.find((end) => isWithin(name, end))
  if (nowhere !== undefined) return `must not end in .${nowhere}: such names never lead anywhere`
  if (networks.length > 0) return undefined
  const inside = WITHIN.find((end) => isWithin(name, end))
  const why = inside === undefined ? 'must have a dot in its name' : `must not end in .${inside}`
  if (inside === undefined && name.includes('.')) return undefined
  return `${why}: this one is known inside a network at most. For a receiver in your own network, ${NAME_IT} that network in ROBOTRACE_WEBHOOK_NETWORKS`
}

function isWithin(name: string, end: string): boolean {
  return name === end || name.endsWith(`.${end}`)
}
