import { type Environment, environment, isLoopback, isWebAddress, type Values } from './environment.ts'
import { describeIssue } from './http/fields.ts'

/**
 * What the settings mean. Pure: `readConfig(values)` checks everything at once and throws one ConfigError that lists
 * every wrong one with its fix. Where values come from is operator/configuration.ts's business; how each is written
 * there, and what the documents say of it, stands in settings.ts; what each may be, in environment.ts. `.env.example` is kept equal by a test.
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
