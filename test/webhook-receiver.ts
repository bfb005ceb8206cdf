import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Webhook as Verifier } from 'standardwebhooks'
import { z } from 'zod'
import { makeCertificate } from './certificate.ts'
import { startTestServer, type TestServer } from './harness.ts'
import { portalClient } from './portal-client.ts'
import { bearer, type Tenant, tenant } from './seed.ts'
import { accessToken } from './token-requests.ts'

/** A certificate that openssl made, for hooks.test, localhost and 127.0.0.1. */
interface Certificate extends Disposable {
  /** Path of the PEM file that a server is told to trust. */
  file: string
  key: string
  cert: string
}

function certificate(): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-receiver-'))
  const { cert, key } = makeCertificate(folder, 'receiver')
  return {
    file: cert,
    key: readFileSync(key, 'utf8'),
    cert: readFileSync(cert, 'utf8'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** One request as it came. */
export interface Received {
  path: string
  headers: Record<string, string>
  text: string
}

export const message = z.object({
  id: z.string(),
  type: z.string(),
  occurred_at: z.string(),
  org: z.object({ id: z.string(), slug: z.string() }),
  project: z.object({ id: z.string(), slug: z.string() }).nullable(),
  data: z.record(z.string(), z.unknown()),
  links: z.object({ dashboard: z.string() }),
})

/** A real https receiver on loopback. */
export interface Receiver extends AsyncDisposable {
  url: string
  port: number
  /** The certificate file that makes it trusted. */
  ca: string
  certificate: Certificate
  received: Received[]
  /** What it answers from now on; a function decides by what came. */
  answer: (reply: Reply | ((request: Received) => Reply | Promise<Reply>)) => void
}
export interface Reply {
  status: number
  headers?: Record<string, string>
  body?: string | Buffer
}

/**
 * @param made left out: it has a certificate of its own
 * @example await using receiver = await startReceiver()
 */
export async function startReceiver(made: Certificate = certificate()): Promise<Receiver> {
  const received: Received[] = []
  let reply: Reply | ((request: Received) => Reply | Promise<Reply>) = { status: 204 }
  const server: Server = createServer({ key: made.key, cert: made.cert }, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    )
    const one = { path: request.url ?? '', headers, text: Buffer.concat(chunks).toString('utf8') }
    received.push(one)
    const { status, headers: sent = {}, body } = typeof reply === 'function' ? await reply(one) : reply
    response.writeHead(status, sent).end(body)
  })
  // Whoever does not trust the certificate breaks off.
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // What listens on TCP has an address of this form.
  const { port } = server.address() as AddressInfo
  return {
    ...{ url: `https://127.0.0.1:${port}/hook`, port, ca: made.file, certificate: made, received },
    answer(next) {
      reply = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      made[Symbol.dispose]()
    },
  }
}

/** A server that may deliver to the receiver. */
export function serverFor(receiver: Receiver, env: Record<string, string> = {}): Promise<TestServer> {
  return startTestServer({
    ROBOTRACE_WEBHOOK_NETWORKS: '127.0.0.1',
    ROBOTRACE_WEBHOOK_CA: receiver.ca,
    ...env,
  })
}

type Events = Parameters<ReturnType<typeof portalClient>['webhooks']['create']['mutate']>[0]['events']

/** A webhook of the tenant, made in the portal. */
export async function webhook(
  server: TestServer,
  at: Tenant,
  url: string,
  events: Events = ['episode.ready', 'episode.failed'],
): Promise<{ id: string; secret: string }> {
  const portal = portalClient(server, at.owner)
  const made = await portal.webhooks.create.mutate({ org: at.organization_id, url, events })
  return { id: made.webhook.id, secret: made.secret }
}

/** A tenant with a webhook, and the portal's client to look after it. */
export async function tenantWithWebhook(server: TestServer, url: string, events?: Events) {
  const at = await tenant(server)
  const hook = await webhook(server, at, url, events)
  const portal = portalClient(server, at.owner)
  const address = { org: at.organization_id, webhook: hook.id }
  return { at, hook, portal, address }
}

/** Starts an episode with the tenant's key and ends it. @returns its id */
export async function runEpisode(
  server: TestServer,
  at: Tenant,
  status: 'ready' | 'failed' = 'ready',
  fields: object = {},
): Promise<string> {
  const post = (path: string, body: object) =>
    server.fetch(path, {
      method: 'POST',
      headers: { ...bearer(at.api_key), 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
  const started = z
    .object({ episode_id: z.string() })
    .parse(await (await post('/api/ingest/episode', fields)).json())
  await post(`/api/ingest/episode/${started.episode_id}/finalize`, { status })
  return started.episode_id
}

/** Checks a message with the verifier that receivers use. @throws when the signature is not good */
export function verify(secret: string, { headers, text }: Received): z.infer<typeof message> {
  return message.parse(new Verifier(secret).verify(text, headers))
}

/** A token of the owner for REST. */
export async function ownersBearer(server: TestServer, at: Tenant): Promise<{ Authorization: string }> {
  return bearer(await accessToken(server, at.owner))
}

/** Everything that was to be sent now has been sent, or has failed. */
export const settled = (server: TestServer): Promise<void> => server.ctx.background.drain()
