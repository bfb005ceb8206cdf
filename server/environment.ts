import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** Values by the name of their variable; the environment of a process is one. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The same, read. */
export type Values = z.output<typeof environment>

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

/** What each variable may be, with the sentence that refuses anything else. */
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

/** Whether it is an http or https address. */
export function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
}

/** Whether a host name of a URL is this very machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
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
