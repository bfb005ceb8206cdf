/**
 * True when both addresses are of one origin. The names of this very machine count as one, so that
 * `127.0.0.1:3000` may call itself `localhost:3000`.
 *
 * @example isSameOrigin('http://localhost:3000/portal', 'http://127.0.0.1:3000') // true
 */
export function isSameOrigin(one: string, other: string): boolean {
  const [a, b] = [new URL(one), new URL(other)]
  if (a.origin === b.origin) return a.origin !== 'null'
  return a.protocol === b.protocol && a.port === b.port && isLoopback(a.hostname) && isLoopback(b.hostname)
}

/** True for the host names that never leave this machine. @example isLoopback('127.0.0.1') */
export function isLoopback(hostname: string): boolean {
  return /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname)
}
