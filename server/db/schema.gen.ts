// Made from schema.sql by scripts/db-types.ts; do not edit.

export interface Schema {
  accounts: AccountsTable
  api_key_days: ApiKeyDaysTable
  api_key_origins: ApiKeyOriginsTable
  api_keys: ApiKeysTable
  api_tokens: ApiTokensTable
  artifacts: ArtifactsTable
  audit_events: AuditEventsTable
  blob_removals: BlobRemovalsTable
  capsules: CapsulesTable
  challenges: ChallengesTable
  deletions: DeletionsTable
  device_counts: DeviceCountsTable
  device_group_members: DeviceGroupMembersTable
  device_groups: DeviceGroupsTable
  device_health: DeviceHealthTable
  device_login_policies: DeviceLoginPoliciesTable
  device_logins: DeviceLoginsTable
  device_robots: DeviceRobotsTable
  device_ssh_keys: DeviceSshKeysTable
  devices: DevicesTable
  enrolment_tokens: EnrolmentTokensTable
  enrolments: EnrolmentsTable
  episode_days: EpisodeDaysTable
  episode_logs: EpisodeLogsTable
  episode_tags: EpisodeTagsTable
  episodes: EpisodesTable
  guess_budgets: GuessBudgetsTable
  identities: IdentitiesTable
  invitations: InvitationsTable
  members: MembersTable
  notices: NoticesTable
  organization_usage: OrganizationUsageTable
  organizations: OrganizationsTable
  outbox: OutboxTable
  package_capsules: PackageCapsulesTable
  packages: PackagesTable
  passkeys: PasskeysTable
  password_resets: PasswordResetsTable
  projects: ProjectsTable
  recovery_codes: RecoveryCodesTable
  retention_rules: RetentionRulesTable
  schema_versions: SchemaVersionsTable
  sessions: SessionsTable
  setup_links: SetupLinksTable
  ssh_keys: SshKeysTable
  webhook_attempts: WebhookAttemptsTable
  webhook_deliveries: WebhookDeliveriesTable
  webhook_delivery_counts: WebhookDeliveryCountsTable
  webhooks: WebhooksTable
}

export interface AccountsTable {
  id: string
  email: string
  name: string
  password_hash: string | null
  email_verified_at: string | null
  totp_sealed: string | null
  totp_confirmed_at: string | null
  totp_last_step: number | null
  staff_since: string | null
  disabled_at: string | null
  created_at: string
}

export interface ApiKeyDaysTable {
  api_key_id: string
  day: string
  use_count: number
}

export interface ApiKeyOriginsTable {
  api_key_id: string
  network: string
  user_agent: string
  first_used_at: string
  last_used_at: string
  use_count: number
}

export interface ApiKeysTable {
  id: string
  prefix: 'rt' | 'rbtk'
  organization_id: string | null
  account_id: string | null
  project_id: string | null
  device_id: string | null
  label: string
  note: string | null
  secret_hash: string
  scopes: string
  hostname: string | null
  sdk_version: string | null
  created_by: string
  created_at: string
  last_used_at: string | null
  use_count: number
  expires_at: string | null
  rotated_to: string | null
  revoked_at: string | null
  revoked_by: string | null
}

export interface ApiTokensTable {
  id: string
  account_id: string
  key_id: string
  ip: string
  created_at: string
  expires_at: string
  last_used_at: string | null
  revoked_at: string | null
}

export interface ArtifactsTable {
  episode_id: string
  kind: 'video' | 'sensors' | 'actions'
  blob_key: string
  content_type: string
  size_bytes: number
  sha256: string
  stored_at: string
}

export interface AuditEventsTable {
  seq: number
  id: string
  at: string
  action: string
  outcome: 'success' | 'failure'
  actor_kind: 'person' | 'api_key' | 'anonymous' | 'operator' | 'system'
  actor_id: string | null
  credential_id: string | null
  organization_id: string | null
  target: string
  ip: string
  user_agent: string
  request_id: string | null
  detail: string
  previous_hash: string
  hash: string
}

export interface BlobRemovalsTable {
  blob_key: string
  organization_id: string
  size_bytes: number
  deletion_id: string | null
  requested_at: string
}

export interface CapsulesTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  version: string
  type: 'sw' | 'hw' | 'config'
  file_name: string
  blob_key: string
  size_bytes: number
  sha256: string
  created_by: string
  created_at: string
  removed_at: string | null
}

export interface ChallengesTable {
  id_hash: string
  kind: 'second_factor' | 'add_passkey' | 'use_passkey'
  account_id: string | null
  detail: string
  created_at: string
  expires_at: string
}

export interface DeletionsTable {
  id: string
  organization_id: string
  because: 'person' | 'trash'
  account_id: string | null
  episodes: number
  bytes_total: number
  bytes_freed: number
  trashed_until: string | null
  started_at: string
  finished_at: string | null
}

export interface DeviceCountsTable {
  project_id: string
  status: string
  type: string
  confirmed: number
  n: number
}

export interface DeviceGroupMembersTable {
  group_id: string
  device_id: string
}

export interface DeviceGroupsTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  description: string
  created_at: string
}

export interface DeviceHealthTable {
  device_id: string
  slot: number
  at: string
  cpu_usage: number | null
  memory_usage: number | null
  disk_usage: number | null
  clock_offset_ms: number | null
  backlog_episodes: number | null
  backlog_bytes: number | null
}

export interface DeviceLoginPoliciesTable {
  organization_id: string
  off_at: string | null
  networks: string
  key_days: number | null
  step_up_at: string | null
}

export interface DeviceLoginsTable {
  id: string
  client_id: string
  scopes: string
  device_code_hash: string
  user_code_hmac: string
  hpke_public_key: string
  status: 'pending' | 'approved' | 'denied' | 'consumed'
  denied_because: 'refused' | 'poisoned' | 'not_entitled' | null
  hostname: string | null
  user_agent: string
  sdk_version: string | null
  ip: string
  network: string
  interval_s: number
  poll_count: number
  last_polled_at: string | null
  created_at: string
  expires_at: string
  claimed_by: string | null
  claimed_at: string | null
  decided_at: string | null
  organization_id: string | null
  api_key_id: string | null
  api_key_hash: string | null
  sealed_key: string | null
  sealed_secret: string | null
  consumed_at: string | null
  consumed_ip: string | null
  replayed_at: string | null
}

export interface DeviceRobotsTable {
  project_id: string
  robot: string
  device_id: string
}

export interface DeviceSshKeysTable {
  device_id: string
  ssh_key_id: string
  added_by: string
  added_at: string
}

export interface DevicesTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  dsn: string | null
  type: string | null
  environment: string | null
  status: 'online' | 'offline' | 'maintenance'
  maintenance_since: string | null
  confirmed_at: string | null
  last_heartbeat_at: string | null
  cpu_usage: number | null
  memory_usage: number | null
  disk_usage: number | null
  clock_offset_ms: number | null
  sdk_version: string | null
  backlog_episodes: number | null
  backlog_bytes: number | null
  package_id: string | null
  created_by: string
  created_at: string
  removed_at: string | null
  merged_into: string | null
  moved_at: string | null
}

export interface EnrolmentTokensTable {
  id: string
  organization_id: string
  project_id: string
  label: string
  secret_hash: string
  device_type: string | null
  environment: string | null
  group_id: string | null
  uses_max: number
  use_count: number
  created_by: string
  created_at: string
  expires_at: string
  last_used_at: string | null
  revoked_at: string | null
  revoked_by: string | null
}

export interface EnrolmentsTable {
  token_id: string
  nonce_hash: string
  device_id: string
  api_key_id: string
  enrolled_at: string
  ip: string
}

export interface EpisodeDaysTable {
  project_id: string
  device_id: string
  status: string
  day: string
  n: number
}

export interface EpisodeLogsTable {
  episode_id: string
  seq: number
  at: string
  level: 'debug' | 'info' | 'warn' | 'error'
  module: string
  message: string
}

export interface EpisodeTagsTable {
  episode_id: string
  tag: string
  added_at: string
}

export interface EpisodesTable {
  id: string
  organization_id: string
  project_id: string
  device_id: string | null
  package_id: string | null
  api_key_id: string | null
  account_id: string | null
  status: 'recording' | 'interrupted' | 'ready' | 'failed'
  source: 'real' | 'sim' | 'replay'
  name: string | null
  robot: string | null
  policy_version: string | null
  env_version: string | null
  git_sha: string | null
  seed: string | null
  fps: number | null
  duration_s: number | null
  failure_time_s: number | null
  metadata: string
  requested_uploads: string
  bytes_total: number
  created_at: string
  updated_at: string
  finalized_at: string | null
  archived_at: string | null
  archived_by: string | null
  trashed_at: string | null
  trashed_by: string | null
}

export interface GuessBudgetsTable {
  bucket: string
  spent: number
  renews_at: string
}

export interface IdentitiesTable {
  issuer: string
  subject: string
  account_id: string
  created_at: string
}

export interface InvitationsTable {
  id: string
  organization_id: string
  email: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
  token_hash: string
  mail_token_hash: string | null
  invited_by: string
  created_at: string
  expires_at: string
  mail_sent_at: string | null
  mail_failed_at: string | null
  accepted_at: string | null
  accepted_by: string | null
  revoked_at: string | null
}

export interface MembersTable {
  organization_id: string
  account_id: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
  created_at: string
}

export interface NoticesTable {
  id: string
  account_id: string
  kind: 'device_login_approved' | 'device_login_poisoned' | 'device_login_replayed' | 'api_key_leaked' | 'session_reused' | 'webhook_disabled' | 'password_reset' | 'password_reset_link' | 'backup_failed' | 'quota_reached'
  detail: string
  created_at: string
  read_at: string | null
}

export interface OrganizationUsageTable {
  organization_id: string
  bytes: number
}

export interface OrganizationsTable {
  id: string
  slug: string
  name: string
  rate_limit: number | null
  key_days_max: number | null
  quota_bytes: number | null
  quota_reached_bytes: number | null
  leaked_keys: 'revoke' | 'notify'
  second_factor_since: string | null
  created_at: string
}

export interface OutboxTable {
  id: string
  seq: number
  organization_id: string
  project_id: string | null
  type: string
  target: string
  detail: string
  occurred_at: string
}

export interface PackageCapsulesTable {
  package_id: string
  position: number
  capsule_id: string
}

export interface PackagesTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  description: string
  configuration_id: string | null
  created_by: string
  created_at: string
}

export interface PasskeysTable {
  id: string
  account_id: string
  name: string
  public_key: string
  sign_count: number
  transports: string
  created_at: string
  last_used_at: string | null
}

export interface PasswordResetsTable {
  token_hash: string
  account_id: string
  made_by: string | null
  created_at: string
  expires_at: string
  used_at: string | null
}

export interface ProjectsTable {
  id: string
  organization_id: string
  slug: string
  name: string
  created_at: string
  archived_at: string | null
}

export interface RecoveryCodesTable {
  account_id: string
  code_hash: string
  used_at: string | null
}

export interface RetentionRulesTable {
  id: string
  organization_id: string
  project_id: string | null
  status: 'interrupted' | 'ready' | 'failed' | null
  source: 'real' | 'sim' | 'replay' | null
  keep_tag: string | null
  days: number
  created_by: string
  created_at: string
  last_run_at: string | null
  removed_at: string | null
}

export interface SchemaVersionsTable {
  version: number
  written_by: string
  applied_at: string
}

export interface SessionsTable {
  id: string
  kind: 'browser' | 'token'
  id_hash: string | null
  token_id: string | null
  previous_token_id: string | null
  rotated_at: string | null
  account_id: string
  created_at: string
  expires_at: string
  last_seen_at: string
  verified_at: string
  ip: string
  user_agent: string
}

export interface SetupLinksTable {
  token_hash: string
  created_at: string
  expires_at: string
  used_at: string | null
}

export interface SshKeysTable {
  id: string
  account_id: string
  name: string
  type: string
  public_key: string
  fingerprint: string
  comment: string
  created_at: string
  last_used_at: string | null
}

export interface WebhookAttemptsTable {
  delivery_id: string
  number: number
  begun_at: string
  duration_ms: number
  response_status: number | null
  response_body: string | null
  error: string | null
}

export interface WebhookDeliveriesTable {
  id: string
  seq: number
  webhook_id: string
  organization_id: string
  message_id: string
  type: string
  body: string
  status: 'pending' | 'delivered' | 'failed'
  attempts: number
  next_attempt_at: string | null
  created_at: string
  finished_at: string | null
  response_status: number | null
  response_body: string | null
  error: string | null
  duration_ms: number | null
}

export interface WebhookDeliveryCountsTable {
  webhook_id: string
  n: number
}

export interface WebhooksTable {
  id: string
  organization_id: string
  url: string
  description: string
  events: string
  secret_sealed: string
  old_secret_sealed: string | null
  old_secret_until: string | null
  created_by: string
  created_at: string
  failing_since: string | null
  disabled_at: string | null
  disabled_because: 'person' | 'failures' | 'gone' | null
  removed_at: string | null
}
