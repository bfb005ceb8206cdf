import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { z } from 'zod'
import { describeIssue } from './http/fields.ts'

/**
 * The only reader of the environment. Pure: `readConfig(env)` checks everything at once and throws one
 * ConfigError that lists every wrong variable with its fix. `.env.example` is kept equal by a test.
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
}

export interface Secrets {
  /** Master secret, 32 bytes or more; undefined: one is made in the data folder on first start. */
  master: string | undefined
  /** The master secret before the last change: what it signed stays good while it is here. */
  previous: string | undefined
}

export class ConfigError extends Error {
  readonly problems: string[]
  constructor(problems: string[]) {
    super(`The configuration is not valid:\n${problems.map((line) => `  - ${line}`).join('\n')}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

const wholeNumber = (min: number, max: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(min).max(max))

const bytes = z
  .string()
  .regex(/^\d+(\.\d+)?\s*([KMGT]i?B)?$/i, 'must be a size such as 500MB or 16GiB')
  .transform(parseSize)

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
  ROBOTRACE_TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    )
    .refine((networks) => networks.every(isNetwork), 'must be networks such as 127.0.0.1/32, 10.0.0.0/8'),
  ROBOTRACE_RATE_LIMIT: wholeNumber(0, 100_000_000).default(60),
  ROBOTRACE_LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']).default('info'),
  NODE_ENV: z.enum(['production', 'development', 'test']).default('production'),
})

/**
 * @example const { config, secrets } = readConfig(process.env)
 * @throws ConfigError listing every variable that is wrong and every contradiction
 */
export function readConfig(env: Record<string, string | undefined>): { config: Config; secrets: Secrets } {
  // A variable that is set but empty counts as absent, as in compose files with `PORT=`.
  const given = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value !== ''),
  )
  const parsed = environment.safeParse(given)
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue)
  const public_url =
    given.PUBLIC_URL === undefined ? undefined : checkPublicUrl(given.PUBLIC_URL, given, problems)
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  const value = parsed.data
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
      production: value.NODE_ENV === 'production',
    },
    secrets: { master: value.ROBOTRACE_SECRET, previous: value.ROBOTRACE_SECRET_PREVIOUS },
  }
}

export function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}

function checkPublicUrl(
  text: string,
  env: Record<string, string | undefined>,
  problems: string[],
): string | undefined {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    problems.push('PUBLIC_URL: must be an http or https address such as https://robotrace.example.org')
    return undefined
  }
  const url = new URL(text)
  if (url.pathname !== '/' || url.search || url.hash || url.username) {
    problems.push('PUBLIC_URL: must be an origin only, without path, query or user')
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

function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([KMGT])(i?)B)?$/i.exec(text)
  if (!match) return Number.NaN
  const [, number, unit, binary] = match
  const power = unit ? 'KMGT'.indexOf(unit.toUpperCase()) + 1 : 0
  return Math.round(Number(number) * (binary ? 1024 : 1000) ** power)
}
