import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { type RequestOptions, request } from 'node:https'
import { createServer } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** The name in the examples below deploy/; in tests it means this machine. */
export const NAME = 'robotrace.example.org'

/** A port that nobody listens on at this moment, for programs that cannot take one by themselves. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

interface Sent extends Pick<RequestOptions, 'method' | 'headers'> {
  /** Of this machine's addresses (127.0.0.0/8): whom the proxy sees. */
  from?: string
}

/**
 * Opens a request to the proxy on loopback, whatever name the address has: its body is the caller's to write.
 *
 * @example const sent = open(proxy, '/healthz', { method: 'GET' })
 */
export function open(
  proxy: { url: string; ca: string },
  path: string,
  { from, ...sent }: Sent,
): ClientRequest {
  const url = new URL(path, proxy.url)
  return request({
    ...sent,
    ...{ host: '127.0.0.1', port: url.port, path: url.pathname + url.search },
    ...{ servername: NAME, ca: proxy.ca, agent: false, localAddress: from },
    headers: { Host: url.host, ...sent.headers },
  })
}

export function answerTo(sent: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    sent.once('error', reject)
    sent.once('response', (response: IncomingMessage) => {
      const { statusCode: status = 0, headers } = response
      buffer(response).then((body) => resolve({ status, headers, body }), reject)
    })
  })
}

/** One request with the whole of its answer. */
export async function ask(
  proxy: { url: string; ca: string },
  path: string,
  { body, ...sent }: Sent & { body?: string | Buffer } = {},
): Promise<Answer> {
  const opened = open(proxy, path, sent)
  const answer = answerTo(opened)
  opened.end(body)
  return answer
}
