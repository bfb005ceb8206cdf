import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { describeIssue } from './http/fields.ts'

/**
 * What the settings mean. Pure: `readConfig(values)` checks everything at once and throws one ConfigError that lists
 * every wrong one with its fix. Where values come from is operator/configuration.ts's business; how each is written
 * there, and what the documents say of it, stands in settings.ts. `.env.example` is kept equal by a test.
 */
export interface Config {
  /** TCP port, 0 takes a free one. */
  port: number
  /** Address to listen on. */
  host: string
  /** Origin of every generated URL, no trailing slash; undefined until the port is known. */
  public_url: string | undefined
  /** Folder with the database, the blobs and the secret. */
  data: string
  /** Largest artifact, bytes. */
  max_upload_bytes: number
  /** An upload that moves no byte for so many seconds is cut; any other body has to arrive whole within them. */
  upload_idle_s: number
  /** Uploads are refused (507) when the disk would fall below this many free bytes. */
  min_free_bytes: number
  /** Addresses (CIDR) of reverse proxies whose X-Forwarded-For is believed. */
  trusted_proxies: string[]
  /** Requests a minute for each key, person or network; 0: no limit. */
  rate_limit: number
  log_level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'silent'
  production: boolean
  /** Sender of mails, `Name <address>`; undefined: no mail is sent. */
  mail_from: string | undefined
  /** File with the public keys a secret scanner signs its alerts with; undefined: no alerts are taken. */
  scanning_keys: string | undefined
  /** The OpenID provider people may sign in with, if there is one. */
  oidc: { issuer: string; client_id: string; name: string } | undefined
  /** Networks (CIDR) that webhooks may be delivered to although they are not public. */
  webhook_networks: string[]
  /** File with certificates (PEM) that receivers of webhooks may have beside those of the well-known authorities. */
  webhook_ca: string | undefined
  /** Certificate and key (PEM files) the server itself speaks TLS with; undefined: plain http behind a proxy. */
  tls: { cert: string; key: string } | undefined
  /** An episode that nothing was heard of for so many hours is interrupted. */
  recording_lease_h: number
  /** What is deleted can be restored for so many days. */
  trash_days: number
  /** Where scheduled backups go, how often and how many are kept; undefined: none are made. */
  backup: { to: string; every_h: number; keep: number } | undefined
  /** Where OpenTelemetry traces are sent, and what the server is called there; undefined: none are made. */
  traces: { url: string; service: string } | undefined
}

export interface Secrets {
  /** Master secret, 32 bytes or more; undefined: one is made in the data folder on first start. */
  master: string | undefined
  /** The master secret before the last change: what it signed stays good while it is here. */
  previous: string | undefined
  /** Where mails are handed over; its user and password stand in it. */
  smtp_url?: string | undefined
  /** What the OpenID provider knows this server by; undefined: it is a public client there. */
  oidc_client_secret?: string | undefined
  /** What a reader of /metrics presents as its bearer token; undefined: there are no metrics to read. */
  metrics_key?: string | undefined
  /** What the collector of traces wants to be sent with them: `authorization=Bearer%20…`. */
  traces_headers?: string | undefined
}

/** Values by the name of their variable; the environment is one. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The origin of every generated URL, once the port is known. */
export function originOf({ public_url, tls }: Pick<Config, 'public_url' | 'tls'>, port: number): string {
  return public_url ?? `${tls ? 'https' : 'http'}://localhost:${port}`
}

export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const wholeNumber = (min: number, max: number) => {
  const within = `must be a whole number from ${min} to ${max}`
  return z
    .string()
    .regex(/^\d+$/, within)
    .transform(Number)
    .pipe(z.number().min(min, within).max(max, within))
}

const bytes = z
  .string()
  .regex(/^\d+(\.\d+)?\s*([KMGT]i?B)?$/i, 'must be a size such as 500MB or 16GiB')
  .transform(parseSize)

const collector = z
  .string()
  .refine(isWebAddress, 'must be the http or https address of a collector such as http://127.0.0.1:4318')
  .optional()

const networks = z
  .string()
  .default('')
  .transform((text) =>
    text
      .split(',')
      .map((part) => part.trim())
      .filter(Boolean),
  )
  .refine((list) => list.every(isNetwork), 'must be networks such as 127.0.0.1/32, 10.0.0.0/8')

export const environment = z.object({
  PORT: wholeNumber(0, 65_535).default(3000),
  PUBLIC_URL: z.string().optional(),
  ROBOTRACE_HOST: z
    .string()
    .refine(
      (host) => isIP(host) > 0 || host === 'localhost',
      'must be an IP address of this machine or localhost',
    )
    .default('127.0.0.1'),
  ROBOTRACE_DATA: z.string().min(1).default('./data'),
  ROBOTRACE_SECRET: z.string().min(32, 'must have 32 characters or more').optional(),
  ROBOTRACE_SECRET_PREVIOUS: z.string().min(32, 'must have 32 characters or more').optional(),
  ROBOTRACE_INSECURE_HTTP: z.enum(['0', '1'], 'must be 0 or 1').default('0'),
  ROBOTRACE_MAX_UPLOAD: bytes.refine((size) => size > 0, 'must be larger than 0').default(64 * 1024 ** 3),
  ROBOTRACE_UPLOAD_IDLE: wholeNumber(1, 3600).default(60),
  ROBOTRACE_MIN_FREE: bytes.default(512 * 1024 ** 2),
  ROBOTRACE_TRUSTED_PROXIES: networks,
  ROBOTRACE_RATE_LIMIT: wholeNumber(0, 100_000_000).default(60),
  ROBOTRACE_SCANNING_KEYS: z.string().min(1).optional(),
  ROBOTRACE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  ROBOTRACE_SMTP_URL: z
    .string()
    .refine(
      (url) => URL.canParse(url) && /^smtps?:$/.test(new URL(url).protocol) && new URL(url).hostname !== '',
      'must be a mail server such as smtps://user:password@mail.example.org or smtp://127.0.0.1:25',
    )
    .optional(),
  ROBOTRACE_MAIL_FROM: z
    .string()
    .refine(
      (from) => !/\p{Cc}/u.test(from) && z.email().safeParse(mailAddress(from)).success,
      'must be a sender such as RoboTrace <robotrace@example.org>',
    )
    .optional(),
  ROBOTRACE_OIDC_ISSUER: z
    .string()
    .refine(isIssuer, 'must be the https address of an OpenID provider such as https://id.example.org')
    .optional(),
  ROBOTRACE_OIDC_CLIENT_ID: z.string().optional(),
  ROBOTRACE_OIDC_CLIENT_SECRET: z.string().optional(),
  ROBOTRACE_WEBHOOK_NETWORKS: networks,
  ROBOTRACE_WEBHOOK_CA: z.string().min(1).optional(),
  ROBOTRACE_TLS_CERT: z.string().min(1).optional(),
  ROBOTRACE_TLS_KEY: z.string().min(1).optional(),
  ROBOTRACE_RECORDING_LEASE_HOURS: wholeNumber(1, 8760).default(24),
  ROBOTRACE_TRASH_DAYS: wholeNumber(1, 3650).default(30),
  ROBOTRACE_BACKUP_TO: z.string().min(1).optional(),
  ROBOTRACE_BACKUP_EVERY_HOURS: wholeNumber(1, 8760).default(24),
  ROBOTRACE_BACKUP_KEEP: wholeNumber(1, 1000).default(7),
  ROBOTRACE_METRICS_KEY: z.string().min(16, 'must have 16 characters or more').optional(),
  ROBOTRACE_OIDC_NAME: z.string().max(40, 'must have at most 40 characters').default('single sign-on'),
  OTEL_EXPORTER_OTLP_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: collector,
  OTEL_EXPORTER_OTLP_HEADERS: z
    .string()
    .regex(/^[^=,]+=[^,]*(?:,[^=,]+=[^,]*)*$/, 'must be name=value, separated by commas')
    .optional(),
  OTEL_SERVICE_NAME: z.string().default('robotrace'),
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
})

/**
 * @param named how a problem names a setting: where it was set
 * @example const { config, secrets } = readConfig({ PORT: '8080' })
 * @throws ConfigError listing everything that is wrong and every contradiction
 */
export function readConfig(
  values: Environment,
  named: (name: string) => string = (name) => name,
): { config: Config; secrets: Secrets } {
  // A variable that is set but empty counts as absent, as in compose files with `PORT=`.
  const given = Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue)
  const public_url =
    given.PUBLIC_URL === undefined ? undefined : checkPublicUrl(given.PUBLIC_URL, given, problems)
  problems.push(...missingPartners(given))
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(problems.map((line) => line.replace(/^[A-Z_]+(?=:)/, named)))
  }
  return settle(parsed.data, public_url)
}

type Values = z.output<typeof environment>

function settle(value: Values, public_url: string | undefined): { config: Config; secrets: Secrets } {
  return {
    config: {
      port: value.PORT,
      host: value.ROBOTRACE_HOST,
      public_url,
      data: value.ROBOTRACE_DATA,
      max_upload_bytes: value.ROBOTRACE_MAX_UPLOAD,
      upload_idle_s: value.ROBOTRACE_UPLOAD_IDLE,
      min_free_bytes: value.ROBOTRACE_MIN_FREE,
      trusted_proxies: value.ROBOTRACE_TRUSTED_PROXIES,
      rate_limit: value.ROBOTRACE_RATE_LIMIT,
      log_level: value.ROBOTRACE_LOG_LEVEL,
      scanning_keys: value.ROBOTRACE_SCANNING_KEYS,
      production: value.NODE_ENV === 'production',
      mail_from: value.ROBOTRACE_MAIL_FROM,
      oidc: providerOf(value),
      webhook_networks: value.ROBOTRACE_WEBHOOK_NETWORKS,
      webhook_ca: value.ROBOTRACE_WEBHOOK_CA,
      tls: tlsOf(value),
      recording_lease_h: value.ROBOTRACE_RECORDING_LEASE_HOURS,
      trash_days: value.ROBOTRACE_TRASH_DAYS,
      backup: backupOf(value),
      traces: tracesOf(value),
    },
    secrets: {
      master: value.ROBOTRACE_SECRET,
      previous: value.ROBOTRACE_SECRET_PREVIOUS,
      smtp_url: value.ROBOTRACE_SMTP_URL,
      oidc_client_secret: value.ROBOTRACE_OIDC_CLIENT_SECRET,
      metrics_key: value.ROBOTRACE_METRICS_KEY,
      traces_headers: value.OTEL_EXPORTER_OTLP_HEADERS,
    },
  }
}

function providerOf(value: Values): Config['oidc'] {
  const { ROBOTRACE_OIDC_ISSUER: issuer, ROBOTRACE_OIDC_CLIENT_ID: client_id } = value
  if (issuer === undefined || client_id === undefined) return undefined
  return { issuer, client_id, name: value.ROBOTRACE_OIDC_NAME }
}

function tlsOf({ ROBOTRACE_TLS_CERT: cert, ROBOTRACE_TLS_KEY: key }: Values): Config['tls'] {
  return cert === undefined || key === undefined ? undefined : { cert, key }
}

function backupOf(value: Values): Config['backup'] {
  const { ROBOTRACE_BACKUP_TO: to } = value
  if (to === undefined) return undefined
  return { to, every_h: value.ROBOTRACE_BACKUP_EVERY_HOURS, keep: value.ROBOTRACE_BACKUP_KEEP }
}

/** The address for everything gets `/v1/traces` behind it, the one for traces stays as it is (OTLP exporter, 2024). */
function tracesOf(value: Values): Config['traces'] {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: all, OTEL_SERVICE_NAME: service } = value
  const url = value.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? (all && `${all.replace(/\/+$/, '')}/v1/traces`)
  return url === undefined ? undefined : { url, service }
}

/** Variables that mean nothing alone: what is set, and what it needs beside it. */
const PARTNERS = [
  ['ROBOTRACE_SMTP_URL', 'ROBOTRACE_MAIL_FROM'],
  ['ROBOTRACE_MAIL_FROM', 'ROBOTRACE_SMTP_URL'],
  ['ROBOTRACE_TLS_CERT', 'ROBOTRACE_TLS_KEY'],
  ['ROBOTRACE_TLS_KEY', 'ROBOTRACE_TLS_CERT'],
  ['ROBOTRACE_OIDC_ISSUER', 'ROBOTRACE_OIDC_CLIENT_ID'],
  ['ROBOTRACE_OIDC_CLIENT_ID', 'ROBOTRACE_OIDC_ISSUER'],
  ['ROBOTRACE_OIDC_CLIENT_SECRET', 'ROBOTRACE_OIDC_ISSUER'],
] as const

function missingPartners(given: Record<string, string | undefined>): string[] {
  return PARTNERS.filter(([set, needed]) => given[set] !== undefined && given[needed] === undefined).map(
    ([set, needed]) => `${needed}: must be set as well, because ${set} is`,
  )
}

/** @example mailAddress('RoboTrace <robotrace@example.org>') // 'robotrace@example.org' */
function mailAddress(from: string): string {
  return /^[^<>]*<([^<>]+)>$/.exec(from)?.[1] ?? from
}

/** Plain http only for a provider on this very machine: passwords are typed there. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname, search, hash } = new URL(text)
  return search + hash === '' && (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname)))
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function checkPublicUrl(text: string, env: Environment, problems: string[]): string | undefined {
  if (!isWebAddress(text)) {
    problems.push('PUBLIC_URL: must be an http or https address such as https://robotrace.example.org')
    return undefined
  }
  const url = new URL(text)
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    problems.push('PUBLIC_URL: must be an origin only, without path, query or user')
  }
  if (url.protocol === 'http:' && env.ROBOTRACE_TLS_CERT !== undefined) {
    problems.push('PUBLIC_URL: must begin with https, because ROBOTRACE_TLS_CERT is set')
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && env.ROBOTRACE_INSECURE_HTTP !== '1') {
    problems.push(
      'PUBLIC_URL: plain http is only accepted on loopback. Use https, or set ROBOTRACE_INSECURE_HTTP=1 if you accept that passwords and keys travel in clear',
    )
  }
  return url.origin
}

function isNetwork(text: string): boolean {
  return ipaddr.isValid(text) || ipaddr.isValidCIDR(text)
}

/** Bytes of a size such as `500MB` or `16GiB`; NaN for what is none. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B)?$/i.exec(text)
  if (!match) return Number.NaN
  const [, number, unit, binary] = match
  const power = unit ? 'KMGT'.indexOf(unit.toUpperCase()) + 1 : 0
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** power)
}
