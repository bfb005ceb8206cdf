import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { connect } from 'node:tls'
import type { Config } from '../config.ts'
import { type Finding, ok, problem, reason, warning } from './finding.ts'

const CHECK = 'certificate'
const DAY_MS = 24 * 3_600_000
const SOON_DAYS = 14
const PATIENCE_MS = 10_000

/** The certificate files the server is given, and the one that PUBLIC_URL shows: until when they are good. */
export async function* checkCertificates(
  { tls, public_url }: Pick<Config, 'tls' | 'public_url'>,
  now: Date,
): AsyncGenerator<Finding> {
  if (tls) yield checkFiles(tls, now)
  if (!public_url?.startsWith('https:')) return
  const { hostname, port } = new URL(public_url)
  try {
    const until = await shownUntil(hostname.replace(/^\[|\]$/g, ''), Number(port || 443))
    yield judge(`The certificate that ${public_url} shows`, until, now)
  } catch (error) {
    yield problem(CHECK, `${public_url} shows no certificate: ${reason(error)}`, 'Check what listens there.')
  }
}

function checkFiles({ cert, key }: { cert: string; key: string }, now: Date): Finding {
  try {
    const certificate = new X509Certificate(readFileSync(cert))
    if (!certificate.checkPrivateKey(createPrivateKey(readFileSync(key)))) {
      return problem(
        CHECK,
        `${key} is not the key of ${cert}.`,
        'Correct ROBOTRACE_TLS_CERT and ROBOTRACE_TLS_KEY.',
      )
    }
    return judge(cert, new Date(certificate.validTo), now)
  } catch (error) {
    return problem(
      CHECK,
      `The certificate cannot be read: ${reason(error)}`,
      'Correct ROBOTRACE_TLS_CERT and ROBOTRACE_TLS_KEY, and let the server read both files.',
    )
  }
}

function judge(what: string, until: Date, now: Date): Finding {
  const days = Math.floor((until.getTime() - now.getTime()) / DAY_MS)
  const renew = 'Renew it; with Caddy or certbot, look why that did not happen by itself.'
  if (days < 0) return problem(CHECK, `${what} ended on ${until.toISOString().slice(0, 10)}.`, renew)
  const message = `${what} is good for ${days} more days.`
  return days < SOON_DAYS ? warning(CHECK, message, renew) : ok(CHECK, message)
}

/** Whoever signed it: whether it is believed is told by asking PUBLIC_URL itself. */
function shownUntil(host: string, port: number): Promise<Date> {
  return new Promise((resolve, reject) => {
    const name = isIP(host) ? {} : { servername: host }
    const socket = connect({ host, port, ...name, rejectUnauthorized: false, timeout: PATIENCE_MS })
    socket.once('secureConnect', () => {
      resolve(new Date(socket.getPeerCertificate().valid_to))
      socket.destroy()
    })
    socket.once('timeout', () => socket.destroy(new Error('it does not answer')))
    socket.once('error', reject)
  })
}
