import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import type { TestServer } from './harness.ts'

/** A request written byte by byte: for senders that lie, stall or hang up, which fetch does not let one be. */
export async function rawRequest(
  url: string,
  method: string,
  headers: Record<string, string | number>,
): Promise<Socket> {
  const { hostname, port, pathname, search } = new URL(url)
  const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname)
  await once(socket, 'connect')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(
    `${method} ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n${lines.join('')}\r\n`,
  )
  return socket
}

/** Everything the server says until it closes or `until` has been said. */
export async function answerOf(socket: Socket, until?: string): Promise<string> {
  let text = ''
  // A server that cuts the connection may do so with a reset; what it said before still counts.
  socket.on('error', () => {})
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk
    if (until !== undefined && text.includes(until)) break
  }
  return text
}

/** `fetch` does not let a test choose Host, Origin and the other headers of a browser; node:http does. */
export function rawFetch(
  server: Pick<TestServer, 'url'>,
  path: string,
  headers: Record<string, string>,
  method = 'GET',
  body = '',
) {
  return new Promise<{ status: number; headers: Record<string, unknown>; text: string }>(
    (resolve, reject) => {
      const sent = request(new URL(path, server.url), { method, headers }, (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => {
          text += chunk
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        )
      })
      sent.on('error', reject)
      // As bytes: a body of text would turn the headers before it into UTF-8.
      sent.end(Buffer.from(body))
    },
  )
}
