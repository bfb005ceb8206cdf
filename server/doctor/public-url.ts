import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import express from 'express'
import type { Config } from '../config.ts'
import type { AppContext } from '../context.ts'
import { isLoopback } from '../environment.ts'
import { type Finding, ok, problem, reason, warning } from './finding.ts'
import { answerTicket, instanceOf, makeTicket, readAnswer, type Seen, TICKET_HEADER } from './ticket.ts'

const CHECK = 'public url'
const PROXY = 'proxy'
const PATIENCE_MS = 10_000

interface Parts {
  config: Config
  signing: AppContext['signing']
  /** Whether the server itself is there to answer. */
  running: boolean
}

/** What time it said it was, for the check of the clock. */
type Told = { date: Date; at: Date } | undefined

/** Whether PUBLIC_URL leads here, and what of a request arrives at the server behind whatever stands in front of it. */
export async function* checkPublicUrl(parts: Parts): AsyncGenerator<Finding, Told> {
  const { public_url } = parts.config
  if (public_url === undefined) {
    yield ok(CHECK, 'PUBLIC_URL is not set: links are made for this machine only.')
    return undefined
  }
  const standIn = parts.running ? undefined : await answerInItsPlace(parts)
  try {
    return yield* ask(public_url, parts)
  } finally {
    await standIn?.()
  }
}

async function* ask(public_url: string, { config, signing }: Parts): AsyncGenerator<Finding, Told> {
  const ticket = makeTicket(signing, new Date())
  let response: Response
  try {
    response = await fetch(`${public_url}/healthz`, {
      headers: { [TICKET_HEADER]: ticket },
      redirect: 'manual',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
  } catch (error) {
    yield problem(
      CHECK,
      `${public_url} does not answer: ${reason(error)}`,
      'Check its name in the DNS, its certificate, the proxy and the firewall. From inside, some networks do not reach their own public address.',
    )
    return undefined
  }
  const body: unknown = await response.json().catch(() => undefined)
  const date = response.headers.get('date')
  const told = date === null ? undefined : { date: new Date(date), at: new Date() }
  if (response.status === 421) {
    yield problem(
      PROXY,
      `The proxy passes on another Host than ${new URL(public_url).host}, and the server refuses it (421).`,
      'nginx: proxy_set_header Host $host; — or correct PUBLIC_URL.',
    )
    return told
  }
  const seen = readAnswer(signing, ticket, body)
  if (!seen) {
    yield problem(
      CHECK,
      `${public_url} answers (${response.status}), but it is not this RoboTrace.`,
      'Point the proxy at this server, or correct PUBLIC_URL. A server that runs with another secret or an older version looks the same.',
    )
    return told
  }
  if (seen.instance !== instanceOf(config.data)) {
    yield problem(
      CHECK,
      `${public_url} is answered by another copy of this RoboTrace, on another data folder.`,
      'End the other one, or point the proxy here.',
    )
    return told
  }
  yield ok(CHECK, `${public_url} leads to this server.`)
  yield* judge(seen, public_url)
  return told
}

/** What arrived, next to what has to. */
function* judge(seen: Seen, public_url: string): Generator<Finding> {
  const { peer, trusted, client, forwarded_for, forwarded_proto, encrypted } = seen
  const https = public_url.startsWith('https:')
  const proxied = forwarded_for !== null || forwarded_proto !== null || (https && !encrypted)
  if (!proxied) {
    yield ok(PROXY, `No proxy stands in front: the request came from ${peer} directly.`)
    return
  }
  if (!trusted) {
    yield problem(
      PROXY,
      `Requests come through a proxy at ${peer}, which is not trusted: everybody seems to come from there, and shares one rate limit.`,
      `ROBOTRACE_TRUSTED_PROXIES=${peer.replace(/^::ffff:/, '')}`,
    )
    return
  }
  if (forwarded_for === null) {
    yield problem(
      PROXY,
      `The proxy at ${peer} does not say whose requests it passes on.`,
      'nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;',
    )
  } else yield ok(PROXY, `The proxy at ${peer} is trusted; this request came from ${client}.`)
  const scheme = https ? 'https' : 'http'
  if (forwarded_proto !== scheme) {
    yield warning(
      PROXY,
      `The proxy says X-Forwarded-Proto: ${forwarded_proto ?? 'nothing'}, and PUBLIC_URL says ${scheme}.`,
      'nginx: proxy_set_header X-Forwarded-Proto $scheme;',
    )
  }
}

/** The server is stopped: doctor takes its place for the one request, on its port. */
async function answerInItsPlace({ config, signing }: Parts): Promise<(() => Promise<void>) | undefined> {
  if (config.port === 0) return undefined
  const app = express()
  app.set('trust proxy', config.trusted_proxies)
  app.get('/healthz', (request, response) => {
    response.json({ status: 'ok', ...answerTicket({ signing, config, now: () => new Date() }, request) })
  })
  const { tls } = config
  const server = tls
    ? createTlsServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) }, app)
    : createServer(app)
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(config.port, config.host, () => resolve(true))
  })
  if (!listening) return undefined
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}

/** Whether what passwords travel over is encrypted. */
export function* checkScheme({ public_url }: Pick<Config, 'public_url'>): Generator<Finding> {
  if (public_url === undefined || !public_url.startsWith('http:')) return
  if (isLoopback(new URL(public_url).hostname)) return
  yield warning(
    CHECK,
    `${public_url} is not encrypted: passwords and keys travel in clear.`,
    'Put TLS in front (Caddy, nginx), or set ROBOTRACE_TLS_CERT and ROBOTRACE_TLS_KEY.',
  )
}
