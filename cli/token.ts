import { readFileSync } from 'node:fs'
import { isRecord, parseObject } from '../sdk/json.ts'
import type { Command, Given } from './command.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'
import { clean, rows, sayJson, warn } from './print.ts'

export const token: Command = {
  name: 'token',
  summary: 'show what an API token says: whose it is and until when',
  examples: ['robotrace token jwt.txt', 'robotrace token --json < jwt.txt'],
  argument: { name: 'file', optional: true, about: 'the downloaded token; - for standard input' },
  flags: [
    { name: 'token-file', short: 't', value: 'file', about: 'the same file, where a script wants a flag' },
    { name: 'json', about: 'print one JSON object, for scripts' },
  ],
  run: showToken,
}

/** What a token says of itself. Only the server knows whether it has been revoked. */
interface Claims {
  subject: string | null
  organization: string | null
  deployment: string | null
  /** ISO 8601, UTC. */
  issued_at: string | null
  /** Null: never. */
  expires_at: string | null
  expired: boolean
}

async function showToken(host: Host, given: Given): Promise<number> {
  const claims = claimsOf(await readToken(host, given), host.now())
  if (given.flag('json')) sayJson(host, claims)
  else {
    rows(host, [
      ['Subject', claims.subject ?? '(unknown)'],
      ['Organization', claims.organization ?? '(none)'],
      ['Deployment', claims.deployment ?? '(unknown)'],
      ['Issued', inWords(claims.issued_at, host.now()) ?? '(unknown)'],
      ['Expires', inWords(claims.expires_at, host.now()) ?? '(never)'],
    ])
  }
  if (!claims.expired) return EXIT.ok
  warn(
    host,
    'This token has expired, so every server refuses it. Make another one in the portal → API tokens.',
  )
  return EXIT.failure
}

/** A named file, else the environment, else what is piped in. */
async function readToken(host: Host, given: Given): Promise<string> {
  const file = given.argument ?? given.text('token-file')
  if (file !== undefined && file !== '-') return readFile(file)
  const set = file === undefined ? fromEnvironment(host) : undefined
  const text = set ?? (await host.readInput?.())
  if (text?.trim()) return text.trim()
  throw new Failure('There is no token to look at.', {
    hint: '`robotrace token jwt.txt`, or set REROBOTS_API_TOKEN',
    status: EXIT.usage,
  })
}

/** ROBOTRACE_API_KEY may hold an API token as well as a key. */
function fromEnvironment(host: Host): string | undefined {
  const key = host.env('ROBOTRACE_API_KEY')
  return key?.split('.').length === 3 ? key : host.env('REROBOTS_API_TOKEN')
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    const code = isRecord(error) && typeof error.code === 'string' ? ` (${error.code})` : ''
    throw new Failure(`${path} cannot be read${code}.`, { hint: '`robotrace token jwt.txt`' })
  }
}

/** @throws Failure for what is no JWT; the text itself is never shown */
function claimsOf(text: string, now: number): Claims {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(text)?.[1]
  const claims = payload === undefined ? undefined : parseObject(decode(payload))
  if (!claims) {
    throw new Failure('This is not an API token: it does not have the form of a JWT.', {
      hint: 'download it again in the portal → API tokens; keys (rt_…) are for `robotrace whoami`',
    })
  }
  const { exp } = claims
  return {
    subject: textOf(claims.sub),
    organization: textOf(claims.org),
    deployment: textOf(claims.iss),
    issued_at: timeOf(claims.iat),
    expires_at: timeOf(exp),
    expired: typeof exp === 'number' && exp * 1000 <= now,
  }
}

function decode(base64url: string): string {
  try {
    const bytes = Uint8Array.from(atob(base64url.replace(/-/g, '+').replace(/_/g, '/')), (one) =>
      one.charCodeAt(0),
    )
    return new TextDecoder().decode(bytes)
  } catch {
    return ''
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? clean(value) : null
}

/** Years beyond 9999 have no ISO form of this length; nobody issues them. */
function timeOf(seconds: unknown): string | null {
  if (typeof seconds !== 'number' || !(Math.abs(seconds) < 253_402_300_800)) return null
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

const SPANS = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
] as const

/** `2026-05-05T20:08:14Z (in 23 hours)`, rounded down: what is left is never overstated. */
function inWords(at: string | null, now: number): string | undefined {
  if (at === null) return undefined
  const seconds = Math.trunc((Date.parse(at) - now) / 1000)
  const [size, name] = SPANS.find(([span]) => Math.abs(seconds) >= span * (span === 1 ? 1 : 2)) ?? [
    1,
    'second',
  ]
  const many = Math.floor(Math.abs(seconds) / size)
  if (many === 0) return `${at} (now)`
  const span = `${many} ${name}${many === 1 ? '' : 's'}`
  return `${at} (${seconds > 0 ? `in ${span}` : `${span} ago`})`
}
