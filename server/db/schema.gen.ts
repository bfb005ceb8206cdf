// Made from schema.sql by scripts/db-types.ts; do not edit.

export interface Schema {
  accounts: AccountsTable
  api_keys: ApiKeysTable
  artifacts: ArtifactsTable
  audit_events: AuditEventsTable
  device_login_policies: DeviceLoginPoliciesTable
  device_logins: DeviceLoginsTable
  episodes: EpisodesTable
  guess_budgets: GuessBudgetsTable
  members: MembersTable
  notices: NoticesTable
  organizations: OrganizationsTable
  projects: ProjectsTable
  schema_versions: SchemaVersionsTable
  sessions: SessionsTable
  setup_links: SetupLinksTable
}

export interface AccountsTable {
  id: string
  email: string
  name: string
  password_hash: string
  staff_since: string | null
  disabled_at: string | null
  created_at: string
}

export interface ApiKeysTable {
  id: string
  organization_id: string
  label: string
  secret_hash: string
  scopes: string
  hostname: string | null
  sdk_version: string | null
  created_by: string
  created_at: string
  last_used_at: string | null
  expires_at: string | null
  revoked_at: string | null
  revoked_by: string | null
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
  id: string
  at: string
  action: string
  actor_kind: 'person' | 'api_key' | 'anonymous'
  actor_id: string | null
  organization_id: string | null
  target: string
  ip: string
  user_agent: string
  detail: string
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

export interface EpisodesTable {
  id: string
  organization_id: string
  project_id: string
  api_key_id: string
  status: 'recording' | 'ready' | 'failed'
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
}

export interface GuessBudgetsTable {
  bucket: string
  spent: number
  renews_at: string
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
  kind: 'device_login_approved' | 'device_login_poisoned' | 'device_login_replayed'
  detail: string
  created_at: string
  read_at: string | null
}

export interface OrganizationsTable {
  id: string
  slug: string
  name: string
  created_at: string
}

export interface ProjectsTable {
  id: string
  organization_id: string
  slug: string
  name: string
  created_at: string
}

export interface SchemaVersionsTable {
  version: number
  written_by: string
  applied_at: string
}

export interface SessionsTable {
  id_hash: string
  account_id: string
  created_at: string
  expires_at: string
  last_seen_at: string
  password_verified_at: string
  ip: string
  user_agent: string
}

export interface SetupLinksTable {
  token_hash: string
  created_at: string
  expires_at: string
  used_at: string | null
}
