-- From schema 3 (RoboTrace 0.1.0) to 4 (0.2.0): interruption, trash, retention, deletions, quota and usage,
-- attempts of webhooks.
--
-- SQLite cannot change a CHECK list, nor put a column between two others, so those tables are made anew beside the old
-- one, filled, and put in its place. What a later schema.sql says about a table is no concern of this file: it is
-- applied once, to a copy of a database of schema 3, and never edited after a release.

-- quota_bytes and quota_reached_bytes.
CREATE TABLE next_organizations (
  id                  TEXT NOT NULL PRIMARY KEY,
  slug                TEXT NOT NULL UNIQUE,
  name                TEXT NOT NULL,
  rate_limit          BIGINT,
  key_days_max        BIGINT,
  quota_bytes         BIGINT,
  quota_reached_bytes BIGINT,
  leaked_keys         TEXT NOT NULL CHECK (leaked_keys IN ('revoke', 'notify')),
  second_factor_since TEXT,
  created_at          TEXT NOT NULL
);
INSERT INTO next_organizations (
  id, slug, name, rate_limit, key_days_max, leaked_keys, second_factor_since, created_at
) SELECT
  id, slug, name, rate_limit, key_days_max, leaked_keys, second_factor_since, created_at
FROM organizations;
DROP TABLE organizations;
ALTER TABLE next_organizations RENAME TO organizations;

-- Interrupted ones; trashed_at and trashed_by; indexes of what records and of the trash.
CREATE TABLE next_episodes (
  id                TEXT NOT NULL PRIMARY KEY,
  organization_id   TEXT NOT NULL REFERENCES organizations (id),
  project_id        TEXT NOT NULL,
  device_id         TEXT REFERENCES devices (id),
  package_id        TEXT REFERENCES packages (id),
  api_key_id        TEXT REFERENCES api_keys (id),
  account_id        TEXT REFERENCES accounts (id),
  status            TEXT NOT NULL CHECK (status IN ('recording', 'interrupted', 'ready', 'failed')),
  source            TEXT NOT NULL CHECK (source IN ('real', 'sim', 'replay')),
  name              TEXT,
  robot             TEXT,
  policy_version    TEXT,
  env_version       TEXT,
  git_sha           TEXT,
  seed              TEXT,
  fps               DOUBLE PRECISION,
  duration_s        DOUBLE PRECISION,
  failure_time_s    DOUBLE PRECISION,
  metadata          TEXT NOT NULL,
  requested_uploads TEXT NOT NULL,
  bytes_total       BIGINT NOT NULL,
  created_at        TEXT NOT NULL,
  updated_at        TEXT NOT NULL,
  finalized_at      TEXT,
  archived_at       TEXT,
  archived_by       TEXT REFERENCES accounts (id),
  trashed_at        TEXT,
  trashed_by        TEXT REFERENCES accounts (id),
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
INSERT INTO next_episodes (
  id, organization_id, project_id, device_id, package_id, api_key_id, account_id, status, source, name, robot,
  policy_version, env_version, git_sha, seed, fps, duration_s, failure_time_s, metadata, requested_uploads,
  bytes_total, created_at, updated_at, finalized_at, archived_at, archived_by
) SELECT
  id, organization_id, project_id, device_id, package_id, api_key_id, account_id, status, source, name, robot,
  policy_version, env_version, git_sha, seed, fps, duration_s, failure_time_s, metadata, requested_uploads,
  bytes_total, created_at, updated_at, finalized_at, archived_at, archived_by
FROM episodes;
DROP TABLE episodes;
ALTER TABLE next_episodes RENAME TO episodes;
CREATE INDEX episodes_newest ON episodes (project_id, created_at, id);
CREATE INDEX episodes_by_status ON episodes (project_id, status, created_at, id);
CREATE INDEX episodes_by_policy ON episodes (project_id, policy_version, created_at, id);
CREATE INDEX episodes_by_device ON episodes (device_id, created_at, id);
CREATE INDEX episodes_by_source ON episodes (project_id, source, created_at, id) WHERE source <> 'real';
CREATE INDEX episodes_open ON episodes (updated_at) WHERE status = 'recording';
CREATE INDEX episodes_trashed ON episodes (organization_id, trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX episodes_archived ON episodes (project_id, created_at, id)
  WHERE archived_at IS NOT NULL AND trashed_at IS NULL;

CREATE TABLE retention_rules (
  id              TEXT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT REFERENCES projects (id),
  status          TEXT CHECK (status IN ('interrupted', 'ready', 'failed')),
  source          TEXT CHECK (source IN ('real', 'sim', 'replay')),
  keep_tag        TEXT,
  days            BIGINT NOT NULL,
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  last_run_at     TEXT,
  removed_at      TEXT
);
CREATE INDEX retention_rules_organization ON retention_rules (organization_id) WHERE removed_at IS NULL;

CREATE TABLE deletions (
  id              TEXT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  because         TEXT NOT NULL CHECK (because IN ('person', 'trash')),
  account_id      TEXT REFERENCES accounts (id),
  episodes        BIGINT NOT NULL,
  bytes_total     BIGINT NOT NULL,
  bytes_freed     BIGINT NOT NULL,
  trashed_until   TEXT,
  started_at      TEXT NOT NULL,
  finished_at     TEXT
);
CREATE INDEX deletions_newest ON deletions (organization_id, started_at, id);
CREATE INDEX deletions_under_way ON deletions (organization_id) WHERE trashed_until IS NOT NULL;

-- Whose the bytes are stands in their name. How many they are is known of capsules, whose rows stay; an episode's rows
-- are gone, and its bytes count as none.
CREATE TABLE next_blob_removals (
  blob_key        TEXT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  size_bytes      BIGINT NOT NULL,
  deletion_id     TEXT REFERENCES deletions (id),
  requested_at    TEXT NOT NULL
);
INSERT INTO next_blob_removals (blob_key, organization_id, size_bytes, requested_at)
SELECT
  blob_key,
  -- episodes/<organization>/<episode>/<file>, capsules/<organization>/<capsule>/<file>
  substr(blob_key, instr(blob_key, '/') + 1, instr(substr(blob_key, instr(blob_key, '/') + 1), '/') - 1),
  coalesce((SELECT size_bytes FROM capsules WHERE capsules.blob_key = blob_removals.blob_key), 0),
  requested_at
FROM blob_removals;
DROP TABLE blob_removals;
ALTER TABLE next_blob_removals RENAME TO blob_removals;

-- Done by an operator at the machine, or by the system itself.
CREATE TABLE next_audit_events (
  seq             BIGINT NOT NULL PRIMARY KEY,
  id              TEXT NOT NULL UNIQUE,
  at              TEXT NOT NULL,
  action          TEXT NOT NULL,
  outcome         TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor_kind      TEXT NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'anonymous', 'operator', 'system')),
  actor_id        TEXT,
  credential_id   TEXT,
  organization_id TEXT REFERENCES organizations (id),
  target          TEXT NOT NULL,
  ip              TEXT NOT NULL,
  user_agent      TEXT NOT NULL,
  request_id      TEXT,
  detail          TEXT NOT NULL,
  previous_hash   TEXT NOT NULL,
  hash            TEXT NOT NULL
);
INSERT INTO next_audit_events (
  seq, id, at, action, outcome, actor_kind, actor_id, credential_id, organization_id, target, ip, user_agent,
  request_id, detail, previous_hash, hash
) SELECT
  seq, id, at, action, outcome, actor_kind, actor_id, credential_id, organization_id, target, ip, user_agent,
  request_id, detail, previous_hash, hash
FROM audit_events;
DROP TABLE audit_events;
ALTER TABLE next_audit_events RENAME TO audit_events;
CREATE INDEX audit_events_newest ON audit_events (organization_id, seq);
CREATE INDEX audit_events_by_target ON audit_events (target, seq);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, seq);

-- About backups and quotas.
CREATE TABLE next_notices (
  id         TEXT NOT NULL PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind       TEXT NOT NULL CHECK (kind IN (
    'device_login_approved', 'device_login_poisoned', 'device_login_replayed', 'api_key_leaked', 'session_reused',
    'webhook_disabled', 'password_reset', 'password_reset_link', 'backup_failed', 'quota_reached'
  )),
  detail     TEXT NOT NULL,
  created_at TEXT NOT NULL,
  read_at    TEXT
);
INSERT INTO next_notices (
  id, account_id, kind, detail, created_at, read_at
) SELECT
  id, account_id, kind, detail, created_at, read_at
FROM notices;
DROP TABLE notices;
ALTER TABLE next_notices RENAME TO notices;
CREATE INDEX notices_unread ON notices (account_id, created_at) WHERE read_at IS NULL;

-- What is stored now: artifacts, capsules, and what waits to be removed.
CREATE TABLE organization_usage (
  organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  bytes           BIGINT NOT NULL
);
INSERT INTO organization_usage (organization_id, bytes)
SELECT organization_id, sum(size_bytes) FROM (
  SELECT episodes.organization_id, artifacts.size_bytes FROM artifacts JOIN episodes ON episodes.id = artifacts.episode_id
  UNION ALL
  SELECT organization_id, size_bytes FROM capsules WHERE removed_at IS NULL
  UNION ALL
  SELECT organization_id, size_bytes FROM blob_removals
) GROUP BY organization_id;

-- Each attempt of a delivery, of which only the last was known, and how many deliveries a webhook has.
CREATE TABLE webhook_attempts (
  delivery_id     TEXT NOT NULL REFERENCES webhook_deliveries (id),
  number          BIGINT NOT NULL,
  begun_at        TEXT NOT NULL,
  duration_ms     BIGINT NOT NULL,
  response_status BIGINT,
  response_body   TEXT,
  error           TEXT,
  PRIMARY KEY (delivery_id, number)
);
INSERT INTO webhook_attempts (
  delivery_id, number, begun_at, duration_ms, response_status, response_body, error
) SELECT
  id, attempts, coalesce(finished_at, created_at), duration_ms, response_status, response_body, error
FROM webhook_deliveries WHERE attempts > 0 AND duration_ms IS NOT NULL;
CREATE TABLE webhook_delivery_counts (
  webhook_id TEXT NOT NULL PRIMARY KEY REFERENCES webhooks (id),
  n          BIGINT NOT NULL
);
INSERT INTO webhook_delivery_counts (webhook_id, n)
SELECT webhook_id, count(*) FROM webhook_deliveries GROUP BY webhook_id;
