import type { environment } from './environment.ts'

/** One thing that can be set: how it is written in each place, and what the documents say of it. */
export interface Setting {
  /** What its value looks like, for help: `--port <number>`. */
  value: string
  /** What holds when it is not set, as one would write it; empty: nothing does. */
  otherwise: string
  about: string
  /** How it may be written in a file; left out: as a text. */
  kind?: 'number' | 'size' | 'list' | 'path' | 'switch'
  choices?: readonly string[]
  /** Never shown, never written on a command line. */
  secret?: true
}

export type SettingName = keyof typeof environment.shape

const FILE = { value: 'file', kind: 'path', otherwise: '' } as const
const NETWORKS = { value: 'networks', kind: 'list', otherwise: '' } as const
const SECRET = { value: 'text', secret: true, otherwise: '' } as const
const LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const

/**
 * Everything that can be set. Variables, keys of `robotrace.toml`, flags of `robotrace serve`, the table in
 * docs/configuration.md and robotrace.example.toml all come from here.
 */
export const SETTINGS: Readonly<Record<SettingName, Setting>> = {
  PORT: { value: 'number', kind: 'number', otherwise: '3000', about: 'TCP port; 0 takes a free one' },
  PUBLIC_URL: {
    ...{ value: 'url', otherwise: '' },
    about: 'the one origin of every link (default: localhost with the port); https, except on loopback',
  },
  ROBOTRACE_HOST: {
    ...{ value: 'address', otherwise: '127.0.0.1' },
    about: 'address to listen on; 0.0.0.0 or :: to be reached from other machines',
  },
  ROBOTRACE_DATA: {
    ...{ value: 'folder', kind: 'path', otherwise: './data' },
    about: 'folder with the database, the artifacts and the secret',
  },
  ROBOTRACE_SECRET: {
    ...SECRET,
    about: 'master secret, 32 characters or more (default: made in the data folder on first start)',
  },
  ROBOTRACE_SECRET_PREVIOUS: {
    ...SECRET,
    about: 'the master secret before the last change: what it signed stays good while this is set',
  },
  ROBOTRACE_INSECURE_HTTP: {
    ...{ value: '0|1', kind: 'switch', choices: ['0', '1'], otherwise: '0' },
    about: '1 accepts that passwords and keys travel in clear over plain http',
  },
  ROBOTRACE_TLS_CERT: { ...FILE, about: 'certificate chain (PEM) to speak TLS with; read again at SIGHUP' },
  ROBOTRACE_TLS_KEY: { ...FILE, about: 'private key (PEM) of that certificate; read again at SIGHUP' },
  ROBOTRACE_MAX_UPLOAD: { value: 'size', kind: 'size', otherwise: '64GiB', about: 'largest artifact' },
  ROBOTRACE_UPLOAD_IDLE: {
    ...{ value: 'seconds', kind: 'number', otherwise: '60' },
    about: 'an upload that moves no byte for so long is cut',
  },
  ROBOTRACE_MIN_FREE: {
    ...{ value: 'size', kind: 'size', otherwise: '512MiB' },
    about: 'uploads are refused when the disk would have less than this left',
  },
  ROBOTRACE_TRUSTED_PROXIES: {
    ...NETWORKS,
    about: 'networks of reverse proxies whose X-Forwarded-For is believed: 127.0.0.1/32, 10.0.0.0/8',
  },
  ROBOTRACE_RATE_LIMIT: {
    ...{ value: 'number', kind: 'number', otherwise: '60' },
    about: 'requests a minute for each key, person or network; 0: no limit',
  },
  ROBOTRACE_SCANNING_KEYS: {
    ...FILE,
    about: 'file with the public keys a secret scanner signs its alerts with',
  },
  ROBOTRACE_LOG_LEVEL: { value: 'level', choices: LEVELS, otherwise: 'info', about: LEVELS.join(', ') },
  ROBOTRACE_SMTP_URL: {
    ...SECRET,
    about: 'mail server with its user and password: smtps://user:password@mail.example.org',
  },
  ROBOTRACE_MAIL_FROM: {
    ...{ value: 'sender', otherwise: '' },
    about: 'sender of mails: RoboTrace <robotrace@example.org>',
  },
  ROBOTRACE_OIDC_ISSUER: {
    ...{ value: 'url', otherwise: '' },
    about: 'OpenID provider that people may sign in with',
  },
  ROBOTRACE_OIDC_CLIENT_ID: {
    ...{ value: 'text', otherwise: '' },
    about: 'what the provider calls this server',
  },
  ROBOTRACE_OIDC_CLIENT_SECRET: {
    ...SECRET,
    about: 'what the provider knows this server by (none: a public client)',
  },
  ROBOTRACE_OIDC_NAME: {
    ...{ value: 'text', otherwise: 'single sign-on' },
    about: 'what the button on the sign-in page says after "Continue with"',
  },
  ROBOTRACE_WEBHOOK_NETWORKS: {
    ...NETWORKS,
    about: 'networks of your own that receivers of webhooks may be in: 10.20.0.0/16, 192.168.7.4',
  },
  ROBOTRACE_WEBHOOK_CA: {
    ...FILE,
    about: 'certificates (PEM) that receivers of webhooks may have beside those of well-known authorities',
  },
  ROBOTRACE_RECORDING_LEASE_HOURS: {
    ...{ value: 'hours', kind: 'number', otherwise: '24' },
    about: 'an episode that nothing was heard of for so long is interrupted',
  },
  ROBOTRACE_TRASH_DAYS: {
    ...{ value: 'days', kind: 'number', otherwise: '30' },
    about: 'what is deleted can be restored for so long',
  },
  ROBOTRACE_BACKUP_TO: {
    ...{ value: 'folder', kind: 'path', otherwise: '' },
    about: 'folder the running server writes backups to (default: it makes none)',
  },
  ROBOTRACE_BACKUP_EVERY_HOURS: {
    ...{ value: 'hours', kind: 'number', otherwise: '24' },
    about: 'how often it writes one',
  },
  ROBOTRACE_BACKUP_KEEP: {
    ...{ value: 'number', kind: 'number', otherwise: '7' },
    about: 'how many of them are kept',
  },
  ROBOTRACE_METRICS_KEY: {
    ...SECRET,
    about: 'bearer token to read /metrics with, 16 characters or more (default: there is no /metrics)',
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    ...{ value: 'url', otherwise: '' },
    about: 'OpenTelemetry collector that takes OTLP over HTTP; traces go to its /v1/traces',
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    ...{ value: 'url', otherwise: '' },
    about: 'the whole address that traces are sent to, where it is another one',
  },
  OTEL_EXPORTER_OTLP_HEADERS: {
    ...SECRET,
    about: 'headers for the collector, such as authorization=Bearer%20…, separated by commas',
  },
  OTEL_SERVICE_NAME: {
    ...{ value: 'text', otherwise: 'robotrace' },
    about: 'what this server is called in traces',
  },
  NODE_ENV: {
    ...{ value: 'name', choices: ['production', 'development', 'test'], otherwise: 'production' },
    about: 'outside of production every answer is checked against its schema',
  },
}

// The table has exactly the names of its type.
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[]

/**
 * A setting's key in `robotrace.toml`: its variable without ROBOTRACE_, in lower case.
 *
 * @example fileKey('ROBOTRACE_OIDC_ISSUER') // 'oidc_issuer', which `issuer` below `[oidc]` is as well
 */
export function fileKey(name: SettingName): string {
  return name.replace(/^ROBOTRACE_/, '').toLowerCase()
}

/** A setting's flag of `robotrace serve`; undefined for a secret, which everybody could read in the list of processes (security 63). */
export function flagOf(name: SettingName): string | undefined {
  return SETTINGS[name].secret ? undefined : fileKey(name).replaceAll('_', '-')
}
