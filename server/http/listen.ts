import { createServer, IncomingMessage, type Server, ServerResponse } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import type { Express } from 'express'

/** A listening socket that answers once an app is given to it. */
export interface Listener {
  port: number
  serve(app: Express): void
  /** Speaks TLS with another certificate from the next handshake on; what is under way goes on with the old one. */
  renew(certificate: SecureContextOptions): void
  /** Takes no new connection, lets what is under way finish, and cuts what is left after `grace_ms`. */
  close(grace_ms: number): Promise<void>
}

/**
 * Listens first, so that with port 0 the real port is known before any URL is made.
 *
 * @param certificate speaks TLS with it; left out: plain http
 * @example const listener = await listen(3000, '127.0.0.1')
 */
export async function listen(
  port: number,
  host: string,
  certificate?: SecureContextOptions,
): Promise<Listener> {
  // Express gives each request and response its own prototype with Object.setPrototypeOf, which makes the
  // engine forget everything it has learned about their shape. Classes that have that prototype from birth
  // answer about five times as many requests (bench/).
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse<AppRequest> {}
  const classes = { IncomingMessage: AppRequest, ServerResponse: AppResponse }
  const secure = certificate && createTlsServer({ ...classes, ...certificate, handshakeTimeout: 30_000 })
  const server = secure ?? createServer(classes)
  setTimeouts(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  // A TCP server's address is never a string or null while it listens.
  const address = server.address() as AddressInfo
  return {
    port: address.port,
    serve(app) {
      adopt(app, AppRequest, AppResponse)
      server.on('request', app)
      server.on('checkContinue', (request, response) => {
        askForBodyWhenRead(request, response)
        app(request, response)
      })
    },
    renew: (renewed) => secure?.setSecureContext(renewed),
    close: (grace_ms) => close(server, grace_ms),
  }
}

function setTimeouts(server: Server | TlsServer): void {
  // A slow sender of headers is cut; a slow upload may take its time, its own route watches it, and any other body
  // has a deadline of its own (body-deadline.ts).
  server.requestTimeout = 0
  server.headersTimeout = 30_000
  // Longer than clients and proxies keep an idle connection (a minute at most): whoever closes first must be them, or a
  // request that is sent at that moment is answered with a reset.
  server.keepAliveTimeout = 65_000
}

function adopt(app: Express, request: { prototype: object }, response: { prototype: object }): void {
  Object.setPrototypeOf(request.prototype, app.request)
  Object.setPrototypeOf(response.prototype, app.response)
  for (const prototype of [request.prototype, response.prototype]) {
    Object.defineProperty(prototype, 'app', {
      value: app,
      writable: true,
      configurable: true,
      enumerable: true,
    })
  }
  // The prototypes now are what Express would set, so that its own call changes nothing.
  Object.assign(app, { request: request.prototype, response: response.prototype })
}

/**
 * A sender of `Expect: 100-continue` keeps its body until it is asked for it (RFC 9110 section 10.1.1). It is asked
 * when somebody first reads the body, so that whoever is refused before that sends nothing at all.
 */
function askForBodyWhenRead(request: IncomingMessage, response: ServerResponse): void {
  const read = request._read
  request._read = (size) => {
    request._read = read
    if (!response.headersSent) response.writeContinue()
    read.call(request, size)
  }
}

function close(server: Server | TlsServer, grace_ms: number): Promise<void> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), grace_ms)
    // A connection that finishes its request now would be kept for the next one, which never comes.
    const sweep = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearTimeout(cut)
      clearInterval(sweep)
      resolve()
    })
    server.closeIdleConnections()
  })
}
