import { connect } from 'node:net'
import { TransportError } from '../sdk/errors.ts'

/**
 * Gives up on a deployment to which no connection comes about in time, long before its answer would be due: the
 * signal is aborted then. Connections that are refused are left to the call itself, which says why.
 *
 * @example using connection = watchConnection(base_url, 800); await call({ signal: connection.signal })
 */
export function watchConnection(base_url: string, limit_ms: number): Disposable & { signal: AbortSignal } {
  const { hostname, port, protocol } = new URL(base_url)
  const given_up = new AbortController()
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'https:' ? 443 : 80),
  })
  const timer = setTimeout(() => {
    given_up.abort(new TransportError(`${base_url} takes no connection`, 'ETIMEDOUT'))
    socket.destroy()
  }, limit_ms)
  const done = (): void => {
    clearTimeout(timer)
    socket.destroy()
  }
  socket.once('connect', done).once('error', done)
  return { signal: given_up.signal, [Symbol.dispose]: done }
}
