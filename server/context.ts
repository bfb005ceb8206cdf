import { join } from 'node:path'
import { createProvider, type Provider } from './accounts/provider-client.ts'
import { createLimiter, type Limiter } from './accounts/sign-in-limit.ts'
import { type Background, createBackground } from './background.ts'
import type { BlobStore } from './blobs/blob-store.ts'
import { createDiskStore } from './blobs/disk.ts'
import { type Findings, noFindings } from './blobs/findings.ts'
import type { Config, Secrets } from './config.ts'
import { claimDataFolder } from './db/data-folder.ts'
import type { Watch } from './db/group-commit.ts'
import type { MigrationStep } from './db/migrate.ts'
import { describeStep } from './db/migration-words.ts'
import { type Database, openDatabase } from './db/open.ts'
import { makeFolder } from './db/sync-now.ts'
import { createMemoryStore, type RateStore } from './http/rate-store.ts'
import { createTokenVerifier, type TokenVerifier } from './jwt.ts'
import { createLog, type Log, standardError } from './log.ts'
import { createMailer, type Mailer } from './mail/mailer.ts'
import { meteredBlobs } from './metrics/metered-blobs.ts'
import type { Metrics } from './metrics/metrics.ts'
import { VERSION } from './project.ts'
import { createUnderWay, type UnderWay } from './quota/under-way.ts'
import { createSigningKeys, masterSecret, previousSecret, type SigningKeys } from './signing.ts'
import { tracedBlobs } from './traces/traced-blobs.ts'
import type { Traces } from './traces/traces.ts'
import { createReceivers, type Receivers } from './webhooks/receivers.ts'

/**
 * Everything that lives as long as the process. A function takes only what it uses:
 * `startEpisode(ctx: Pick<AppContext, 'db' | 'now'>, …)`.
 */
export interface AppContext extends AsyncDisposable {
  config: ReadyConfig
  db: Database
  blobs: BlobStore
  log: Log
  /** The only clock. */
  now: () => Date
  background: Background
  limiter: Limiter
  /** Counts everybody's requests. */
  rates: RateStore
  /** Uploads that count for quotas already. */
  under_way: UnderWay
  /** What the latest comparison of files and rows has found. */
  findings: Findings
  signing: SigningKeys
  /** Verifies access and API tokens. */
  tokens: TokenVerifier
  mail: Mailer
  /** The OpenID provider people may sign in with; undefined when none is configured. */
  provider: Provider | undefined
  /** Where webhooks are delivered. */
  receivers: Receivers
  /** Counts for a Prometheus; undefined when none may read. */
  metrics: Metrics | undefined
  /** Spans for an OpenTelemetry collector; undefined when there is none. */
  traces: Traces | undefined
}

/** The configuration once the port is known, and with it the origin of every generated URL. */
export type ReadyConfig = Config & { public_url: string }

/** Parts that a test brings itself, or another database file. */
type Overrides = Partial<Omit<AppContext, typeof Symbol.asyncDispose>> & { database_file?: string }

/**
 * Opens what the process needs, making the data folder and its secret on first start.
 *
 * @throws DataFolderInUseError, and what openDatabase throws
 * @example await using ctx = createContext({ ...config, public_url }, secrets)
 */
export function createContext(config: ReadyConfig, secrets: Secrets, overrides: Overrides = {}): AppContext {
  makeFolder(config.data)
  const release = claimDataFolder(config.data)
  try {
    return { config, ...openParts(config, secrets, overrides, release) }
  } catch (error) {
    release()
    throw error
  }
}

/** Secrets from the environment win over the files of the data folder, each for itself. */
function openSigningKeys(config: ReadyConfig, secrets: Secrets): SigningKeys {
  const file = join(config.data, 'secret')
  return createSigningKeys(secrets.master ?? masterSecret(file), secrets.previous ?? previousSecret(file))
}

function openParts(
  config: ReadyConfig,
  secrets: Secrets,
  { database_file, ...parts }: Overrides,
  release: () => void,
): Omit<AppContext, 'config'> {
  const log = parts.log ?? createLog(config.log_level, standardError())
  const now = parts.now ?? (() => new Date())
  const signing = parts.signing ?? openSigningKeys(config, secrets)
  const tokens = parts.tokens ?? createTokenVerifier({ signing, config, now })
  const { metrics, traces } = parts
  const upgrade = (step: MigrationStep): void => {
    log.info(describeStep(step))
    // Each step takes long on a large database, and whoever waits for the start wants to know which.
    log.flush()
  }
  const file = database_file ?? join(config.data, 'robotrace.db')
  const watch = watchOf({ metrics, traces })
  const db = parts.db ?? openDatabase(file, VERSION, { upgrade, watch })
  const background = parts.background ?? createBackground(log, metrics?.taskFailed)
  const store = parts.blobs ?? createDiskStore(join(config.data, 'blobs'), config)
  const metered = metrics ? meteredBlobs(store, metrics) : store
  const blobs = traces ? tracedBlobs(metered, traces) : metered
  const limiter = parts.limiter ?? createLimiter()
  const mail = parts.mail ?? createMailer(secrets.smtp_url, config.mail_from)
  const provider = parts.provider ?? createProvider(config, secrets.oidc_client_secret)
  const rates = parts.rates ?? createMemoryStore({ now })
  const { webhook_networks: networks, webhook_ca: ca } = config
  const receivers = parts.receivers ?? createReceivers({ networks, ca })
  const close = async (): Promise<void> => {
    await background[Symbol.asyncDispose]()
    await traces?.[Symbol.asyncDispose]()
    await db.destroy()
    release()
  }
  const findings = parts.findings ?? noFindings()
  const under_way = parts.under_way ?? createUnderWay()
  const made = {
    db,
    blobs,
    log,
    now,
    background,
    limiter,
    rates,
    under_way,
    findings,
    signing,
    tokens,
    mail,
    provider,
    receivers,
    metrics,
    traces,
  }
  return { ...made, [Symbol.asyncDispose]: close }
}

function watchOf({ metrics, traces }: Pick<AppContext, 'metrics' | 'traces'>): Watch {
  return { committed: metrics?.committed, transaction: traces && (() => traces.begin('transaction')) }
}
