// Made from schema.sql by scripts/db-types.ts; do not edit.

export interface Schema {
  accounts: AccountsTable
  api_keys: ApiKeysTable
  artifacts: ArtifactsTable
  episodes: EpisodesTable
  members: MembersTable
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
  created_by: string
  created_at: string
  last_used_at: string | null
  revoked_at: string | null
  revoked_by: string | null
}

export interface ArtifactsTable {
  episode_id: string
  organization_id: string
  kind: 'video' | 'sensors' | 'actions'
  blob_key: string
  content_type: string
  size_bytes: number
  sha256: string
  stored_at: string
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

export interface MembersTable {
  organization_id: string
  account_id: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
  created_at: string
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
