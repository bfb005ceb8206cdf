import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, type ClientOptions, hostRuntime, type Runtime } from '../../sdk/mod.ts'
import { makeKey } from '../../server/api-keys/key-format.ts'

/** A key as the server makes them; it belongs to nobody. */
export const KEY: string = makeKey().key

/** One request as it arrived. */
export interface Arrived {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: string
  /** The body as JSON; undefined when it is none. */
  json: Record<string, unknown> | undefined
}

/** What a test answers; status 0 breaks the connection; undefined leaves the request to the defaults below. */
export type Reply = { status: number; headers?: Record<string, string>; json?: unknown; text?: string }

export interface WireServer extends AsyncDisposable {
  url: string
  arrived: Arrived[]
  /** Seconds-long waits the client asked for, in milliseconds: none of them is slept. */
  waits: number[]
  client: (options?: ClientOptions, runtime?: Partial<Runtime>) => Client
  /** Requests whose path ends like this. */
  to: (ending: string) => Arrived[]
}

/**
 * A small real server that speaks the ingest wire, so that a test can make it misbehave.
 *
 * @example await using server = await startWireServer((request) => request.method === 'PUT' ? { status: 429 } : undefined)
 */
export async function startWireServer(
  answer: (request: Arrived, server: WireServer) => Reply | undefined = () => undefined,
): Promise<WireServer> {
  const http = createServer(async (request, response) => {
    const got = await read(request).catch(() => undefined)
    // A body that broke off never arrived.
    if (!got) return
    server.arrived.push(got)
    send(response, answer(got, server) ?? usual(got, server))
  })
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  // A listening TCP socket has an AddressInfo; only pipes have a string.
  const { port } = http.address() as AddressInfo
  const server: WireServer = {
    url: `http://127.0.0.1:${port}`,
    arrived: [],
    waits: [],
    to: (ending) => server.arrived.filter(({ path }) => path.endsWith(ending)),
    client: (options, runtime) =>
      new Client(
        { api_key: KEY, base_url: server.url, verbose: false, ...options },
        { ...hostRuntime, sleep: async (ms) => void server.waits.push(ms), ...runtime },
      ),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((done) => http.close(done))
    },
  }
  return server
}

/** What a healthy server answers. */
export function usual({ method, path, json }: Arrived, { url }: WireServer): Reply {
  if (method === 'PUT') return { status: 200, json: {} }
  if (path === '/api/ingest/episode') {
    const kinds = Array.isArray(json?.request_uploads) ? json.request_uploads : []
    const upload_urls = kinds.map((kind) => ({
      kind,
      url: `${url}/blobs/episodes/${kind}?signature=s3cr3t`,
      expires_at: '2026-05-04T20:38:14.000Z',
      public_url: null,
    }))
    return { status: 201, json: { episode_id: 'ep_8f3c', status: 'recording', storage: 'r2', upload_urls } }
  }
  if (path.endsWith('/finalize')) {
    return {
      status: 200,
      json: { episode_id: 'ep_8f3c', status: json?.status, updated_at: '2026-05-04T20:08:14.000Z' },
    }
  }
  return problem(404, 'not_found', 'Nothing is here.')
}

/** A refusal as the server writes it. */
export function problem(
  status: number,
  code: string,
  sentence: string,
  headers: Record<string, string> = {},
): Reply {
  return {
    status,
    headers: { 'X-Request-Id': 'req_1', 'Content-Type': 'application/problem+json', ...headers },
    json: { type: '/docs/problems', status, code, error: sentence, detail: sentence, request_id: 'req_1' },
  }
}

async function read(request: IncomingMessage): Promise<Arrived> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part)
  const body = Buffer.concat(parts).toString()
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    json: parse(body),
  }
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function send(response: ServerResponse, { status, headers, json, text }: Reply): void {
  if (status === 0) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers })
  response.end(text ?? (json === undefined ? '' : JSON.stringify(json)))
}
