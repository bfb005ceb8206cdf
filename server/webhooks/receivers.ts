import { lookup as lookUp } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { rootCertificates } from 'node:tls'
import { ConfigError } from '../config.ts'
import { INVISIBLE } from '../http/text.ts'
import { isReachable, type Networks } from './addresses.ts'
import { hostOf, NOT_PUBLIC, urlProblem } from './receiver-url.ts'

/** What a receiver answered. */
export interface Answer {
  status: number
  /** The beginning of the body, as text without what cannot be seen. */
  body: string
}

/** Nothing was answered; `message` says why in a sentence that whoever added the webhook can act on. */
export class UnreachedError extends Error {}

/** Where messages go. Everything that is said about connecting to somebody else's address is done in here. */
export interface Receivers {
  /**
   * One POST. Resolves whatever the status is.
   *
   * @throws UnreachedError
   */
  post(url: string, headers: Record<string, string>, body: string): Promise<Answer>
}

/** From looking up the name to the end of the answer. */
const LIMIT_MS = 5_000
/** So much of an answer is read; then the line is cut, and the status counts. */
const MAX_ANSWER_BYTES = 1024 * 1024
/** So much of it is kept. */
const EXCERPT = 1_000

interface Options {
  /** Networks that receivers may be in although they are not public. */
  networks: Networks
  /** File with certificates (PEM) to trust beside the well-known ones. */
  ca: string | undefined
  /** Every address of a name; left out: what the system says. */
  resolve?: (host: string) => Promise<string[]>
}

/**
 * A sender that reaches public addresses only (security 59): https with the name in the certificate, each resolved
 * address checked, and the connection made to what was checked, without asking again. Redirects are answers like any
 * other, and proxies from the environment are not used.
 *
 * @throws ConfigError when the file of certificates cannot be read
 * @example const { status } = await createReceivers({ networks: [], ca: undefined }).post(url, headers, body)
 */
export function createReceivers({ networks, ca, resolve = resolveAll }: Options): Receivers {
  const trusted = ca === undefined ? undefined : [...rootCertificates, readCertificates(ca)]
  const agent = new Agent({ keepAlive: false, maxCachedSessions: 0 })
  return {
    async post(text, headers, body) {
      const problem = urlProblem(text, networks)
      if (problem !== undefined) throw new UnreachedError(`url: ${problem}.`)
      const url = new URL(text)
      const signal = AbortSignal.timeout(LIMIT_MS)
      try {
        const addresses = await before(signal, addressesOf(hostOf(url), resolve))
        if (!addresses.every((address) => isReachable(address, networks)))
          throw new UnreachedError(`${url.hostname} leads to ${NOT_PUBLIC}.`)
        const how = { agent, signal, lookup: pinned(addresses), ca: trusted }
        return await send(url, how, headers, body)
      } catch (error) {
        throw inWords(error, url, signal)
      }
    },
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError([`ROBOTRACE_WEBHOOK_CA: must be a file with certificates in PEM form (${why})`])
  }
}

async function addressesOf(host: string, resolve: (host: string) => Promise<string[]>): Promise<string[]> {
  if (isIP(host) > 0) return [host]
  const addresses = await resolve(host)
  if (addresses.length === 0) throw new UnreachedError(`${host} has no address. Check the name in url.`)
  return addresses
}

async function resolveAll(host: string): Promise<string[]> {
  return (await lookUp(host, { all: true })).map(({ address }) => address)
}

/** Names are asked for once: a second answer could be another one. */
function pinned(addresses: string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIP(address) }))
  return (_host, options, done) => {
    if (options.all) done(null, found)
    else done(null, found[0]?.address ?? '', found[0]?.family)
  }
}

interface HowToSend {
  agent: Agent
  signal: AbortSignal
  lookup: LookupFunction
  ca: string[] | undefined
}

function send(url: URL, how: HowToSend, headers: Record<string, string>, body: string): Promise<Answer> {
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      // Said in so many words, because NODE_TLS_REJECT_UNAUTHORIZED would otherwise decide.
      {
        ...how,
        rejectUnauthorized: true,
        method: 'POST',
        headers: { ...headers, 'Content-Length': String(bytes.length) },
      },
      (answer) =>
        readExcerpt(answer).then((text) => resolve({ status: answer.statusCode ?? 0, body: text }), reject),
    )
    sent.on('error', reject)
    sent.end(bytes)
  })
}

async function readExcerpt(answer: IncomingMessage): Promise<string> {
  const kept: Buffer[] = []
  let read = 0
  for await (const chunk of answer) {
    const bytes = Buffer.from(chunk)
    if (read < EXCERPT * 4) kept.push(bytes)
    read += bytes.length
    // Leaving the loop destroys the connection.
    if (read > MAX_ANSWER_BYTES) break
  }
  return Buffer.concat(kept).toString('utf8').replace(INVISIBLE, ' ').trim().slice(0, EXCERPT)
}

/** A name server may take as long as it likes, and cannot be told to stop. */
async function before<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const late = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, late])
}

function inWords(error: unknown, url: URL, signal: AbortSignal): UnreachedError {
  if (error instanceof UnreachedError) return error
  const cause = { cause: error }
  if (signal.aborted)
    return new UnreachedError(`${url.host} did not answer within ${LIMIT_MS / 1000} seconds.`, cause)
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const why =
    WHY[code] ?? (CERTIFICATE.test(code) ? 'has a certificate that is not good for this name' : undefined)
  if (why !== undefined) return new UnreachedError(`${url.host} ${why} (${code}).`, cause)
  return new UnreachedError(
    `${url.host} broke off without an answer${code === '' ? '' : ` (${code})`}.`,
    cause,
  )
}

const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_/
const WHY: Record<string, string> = {
  ENOTFOUND: 'has no address: check the name in url',
  EAI_AGAIN: 'could not be looked up: the name server did not answer',
  ECONNREFUSED: 'refused the connection: check the port in url, and that the receiver runs',
  ECONNRESET: 'closed the connection without an answer',
  EHOSTUNREACH: 'is not reachable from this server',
  ENETUNREACH: 'is not reachable from this server',
  EPROTO: 'does not speak https on this port',
}
