-- Every table of RoboTrace, read unchanged by SQLite and Postgres.
--
-- Conventions: ids and times are TEXT (times are ISO-8601 UTC with milliseconds), yes/no is a
-- nullable time (revoked_at), sizes are BIGINT bytes, fractions DOUBLE PRECISION, JSON is TEXT,
-- states carry a CHECK list. Row types are made from this file by `npm run gen`.

CREATE TABLE schema_versions (
  version    BIGINT NOT NULL PRIMARY KEY,
  written_by TEXT NOT NULL, -- the first RoboTrace version that can read this schema
  applied_at TEXT NOT NULL
);

-- People ------------------------------------------------------------------------------------

CREATE TABLE accounts (
  id                TEXT NOT NULL PRIMARY KEY, -- acc_…
  email             TEXT NOT NULL,
  name              TEXT NOT NULL,
  password_hash     TEXT, -- Argon2id, PHC string; null: signs in through the provider only
  email_verified_at TEXT, -- when a link that only this mailbox got was opened, or the provider vouched for it
  totp_sealed       TEXT, -- the shared secret, encrypted with a key that is not in this file
  totp_confirmed_at TEXT, -- null while the second factor is being set up
  totp_last_step    BIGINT, -- time step of the last code taken: a code works once
  staff_since       TEXT, -- set for administrators of the whole installation
  disabled_at       TEXT,
  created_at        TEXT NOT NULL
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));

CREATE TABLE recovery_codes (
  account_id TEXT NOT NULL REFERENCES accounts (id),
  code_hash  TEXT NOT NULL, -- keyed
  used_at    TEXT,
  PRIMARY KEY (account_id, code_hash)
);

CREATE TABLE passkeys (
  id           TEXT NOT NULL PRIMARY KEY, -- WebAuthn credential id, base64url
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  name         TEXT NOT NULL,
  public_key   TEXT NOT NULL, -- COSE, base64url
  sign_count   BIGINT NOT NULL,
  transports   TEXT NOT NULL, -- space-separated
  created_at   TEXT NOT NULL,
  last_used_at TEXT
);
CREATE INDEX passkeys_account ON passkeys (account_id);

-- An account at the OIDC provider that signs in as this one.
CREATE TABLE identities (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  created_at TEXT NOT NULL,
  PRIMARY KEY (issuer, subject)
);
CREATE INDEX identities_account ON identities (account_id);

-- Something half done that waits for its second step: a second factor, a passkey.
CREATE TABLE challenges (
  id_hash    TEXT NOT NULL PRIMARY KEY, -- SHA-256, hex
  kind       TEXT NOT NULL CHECK (kind IN ('second_factor', 'add_passkey', 'use_passkey')),
  account_id TEXT REFERENCES accounts (id),
  detail     TEXT NOT NULL, -- JSON object
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
);

-- One sign-in: of a browser (cookie), or of a program that got a one-hour access token for a password.
CREATE TABLE sessions (
  id                TEXT NOT NULL PRIMARY KEY, -- ses_…: the public handle, and the access token's sid
  kind              TEXT NOT NULL CHECK (kind IN ('browser', 'token')),
  id_hash           TEXT UNIQUE, -- browser: SHA-256 of the cookie's value, hex
  token_id          TEXT, -- token: jti of the access token that counts now,
  previous_token_id TEXT, -- and of the one before it, which is let through for a few seconds more
  rotated_at        TEXT,
  account_id        TEXT NOT NULL REFERENCES accounts (id),
  created_at        TEXT NOT NULL,
  expires_at        TEXT NOT NULL,
  last_seen_at      TEXT NOT NULL,
  verified_at       TEXT NOT NULL, -- when the person last proved to be there: password, passkey or provider
  ip                TEXT NOT NULL,
  user_agent        TEXT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE setup_links (
  token_hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the link's token, hex
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at    TEXT
);

-- A link with which a forgotten password is replaced, once.
CREATE TABLE password_resets (
  token_hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the link's token, hex
  account_id TEXT NOT NULL REFERENCES accounts (id),
  made_by    TEXT REFERENCES accounts (id), -- staff, who hand it over; null: it was asked for, and only the mailbox got it
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at    TEXT
);
CREATE INDEX password_resets_account ON password_resets (account_id, created_at);

-- Tenants -----------------------------------------------------------------------------------

CREATE TABLE organizations (
  id                  TEXT NOT NULL PRIMARY KEY, -- UUID: the wire's client_id
  slug                TEXT NOT NULL UNIQUE,
  name                TEXT NOT NULL,
  rate_limit          BIGINT, -- requests a minute for each of its keys; null: the server's default
  key_days_max        BIGINT, -- how long a new key may live; null: until it is revoked
  quota_bytes         BIGINT, -- how much it may store; null: as much as the disk holds
  quota_reached_bytes BIGINT, -- how much it held when its owners were told that this is all; null again once it is less
  leaked_keys         TEXT NOT NULL CHECK (leaked_keys IN ('revoke', 'notify')), -- what a scanner's alert does
  second_factor_since TEXT, -- set while its people must have a second factor to do anything here
  created_at          TEXT NOT NULL
);

-- How much is stored; kept by triggers, in the transaction of each change. What waits to be removed counts until it is.
CREATE TABLE organization_usage (
  organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  bytes           BIGINT NOT NULL
);

CREATE TABLE members (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  account_id      TEXT NOT NULL REFERENCES accounts (id),
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  created_at      TEXT NOT NULL,
  PRIMARY KEY (organization_id, account_id)
);
CREATE INDEX members_account ON members (account_id);

CREATE TABLE invitations (
  id              TEXT NOT NULL PRIMARY KEY, -- inv_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  email           TEXT NOT NULL, -- the link is good for this address only
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  token_hash      TEXT NOT NULL UNIQUE, -- SHA-256 of the link that the inviter sees, hex
  mail_token_hash TEXT UNIQUE, -- of the link that only the mailbox gets: opening it proves the address
  invited_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  expires_at      TEXT NOT NULL,
  mail_sent_at    TEXT, -- when the mail server took the mail,
  mail_failed_at  TEXT, -- or when it did not; neither: it is on its way, or none is sent
  accepted_at     TEXT,
  accepted_by     TEXT REFERENCES accounts (id),
  revoked_at      TEXT
);
CREATE INDEX invitations_organization ON invitations (organization_id, created_at);

CREATE TABLE projects (
  id              TEXT NOT NULL PRIMARY KEY, -- prj_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  slug            TEXT NOT NULL,
  name            TEXT NOT NULL,
  created_at      TEXT NOT NULL,
  archived_at     TEXT, -- set while it takes no new episodes and no new devices
  UNIQUE (organization_id, slug),
  UNIQUE (organization_id, id)
);

-- Software --------------------------------------------------------------------------------

-- An archive of software, a description of hardware or a configuration, in one version.
CREATE TABLE capsules (
  id              TEXT NOT NULL PRIMARY KEY, -- cap_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT NOT NULL,
  name            TEXT NOT NULL,
  version         TEXT NOT NULL,
  type            TEXT NOT NULL CHECK (type IN ('sw', 'hw', 'config')),
  file_name       TEXT NOT NULL, -- as it was called where it came from
  blob_key        TEXT NOT NULL,
  size_bytes      BIGINT NOT NULL,
  sha256          TEXT NOT NULL, -- hex
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  removed_at      TEXT,
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE UNIQUE INDEX capsules_version ON capsules (project_id, name, version) WHERE removed_at IS NULL;
CREATE INDEX capsules_newest ON capsules (project_id, created_at, id);

-- Capsules that are installed together.
CREATE TABLE packages (
  id               TEXT NOT NULL PRIMARY KEY, -- pkg_…
  organization_id  TEXT NOT NULL REFERENCES organizations (id),
  project_id       TEXT NOT NULL,
  name             TEXT NOT NULL,
  description      TEXT NOT NULL,
  configuration_id TEXT,
  created_by       TEXT NOT NULL REFERENCES accounts (id),
  created_at       TEXT NOT NULL,
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX packages_newest ON packages (project_id, created_at, id);

CREATE TABLE package_capsules (
  package_id TEXT NOT NULL REFERENCES packages (id),
  position   BIGINT NOT NULL,
  capsule_id TEXT NOT NULL REFERENCES capsules (id),
  PRIMARY KEY (package_id, position)
);
CREATE INDEX package_capsules_capsule ON package_capsules (capsule_id);

-- Fleet -------------------------------------------------------------------------------------

-- A robot.
CREATE TABLE devices (
  id                TEXT NOT NULL PRIMARY KEY, -- dev_…
  organization_id   TEXT NOT NULL REFERENCES organizations (id),
  project_id        TEXT NOT NULL,
  name              TEXT NOT NULL,
  dsn               TEXT, -- serial number
  type              TEXT, -- arm, amr, …
  environment       TEXT, -- production, staging, …
  status            TEXT NOT NULL CHECK (status IN ('online', 'offline', 'maintenance')),
  maintenance_since TEXT, -- set while somebody works on it; heartbeats do not change the status then
  confirmed_at      TEXT, -- null: it came to be from the robot string of an episode
  last_heartbeat_at TEXT,
  cpu_usage         DOUBLE PRECISION, -- percent, of the last heartbeat, as all that follows
  memory_usage      DOUBLE PRECISION, -- percent
  disk_usage        DOUBLE PRECISION, -- percent
  clock_offset_ms   DOUBLE PRECISION, -- its clock minus ours
  sdk_version       TEXT,
  backlog_episodes  BIGINT, -- recorded and not yet uploaded
  backlog_bytes     BIGINT,
  package_id        TEXT REFERENCES packages (id), -- the software it runs
  created_by        TEXT NOT NULL REFERENCES accounts (id),
  created_at        TEXT NOT NULL,
  removed_at        TEXT,
  merged_into       TEXT REFERENCES devices (id), -- what it turned out to be
  moved_at          TEXT, -- when the last of its episodes had moved there
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE UNIQUE INDEX devices_name ON devices (project_id, name) WHERE removed_at IS NULL;
-- Removed ones too. By name first: a walk through a project belongs to devices_listed.
CREATE INDEX devices_called ON devices (name, project_id);
CREATE UNIQUE INDEX devices_dsn ON devices (project_id, dsn) WHERE removed_at IS NULL AND dsn IS NOT NULL;
-- All that lists are sorted and narrowed by, so that a walk through a whole fleet never touches its rows.
CREATE INDEX devices_listed ON devices (
  project_id, name, id, status, type, confirmed_at, dsn, environment, removed_at
) WHERE removed_at IS NULL;
CREATE INDEX devices_organization ON devices (
  organization_id, name, id, status, type, confirmed_at, dsn, environment, removed_at
) WHERE removed_at IS NULL;
CREATE INDEX devices_silent ON devices (last_heartbeat_at) WHERE status = 'online';
CREATE INDEX devices_merged ON devices (merged_into) WHERE merged_into IS NOT NULL AND moved_at IS NULL;

-- What an episode's robot string means: a device's name, its DSN, or what another one was called that became it.
CREATE TABLE device_robots (
  project_id TEXT NOT NULL REFERENCES projects (id),
  robot      TEXT NOT NULL,
  device_id  TEXT NOT NULL REFERENCES devices (id),
  PRIMARY KEY (project_id, robot)
);
CREATE INDEX device_robots_device ON device_robots (device_id);

-- How many live devices there are of a sort; kept by triggers, in the transaction of each change.
CREATE TABLE device_counts (
  project_id TEXT NOT NULL REFERENCES projects (id),
  status     TEXT NOT NULL,
  type       TEXT NOT NULL, -- '' for none
  confirmed  BIGINT NOT NULL, -- 1 or 0
  n          BIGINT NOT NULL,
  PRIMARY KEY (project_id, status, type, confirmed)
);

CREATE TABLE device_groups (
  id              TEXT NOT NULL PRIMARY KEY, -- grp_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT NOT NULL,
  name            TEXT NOT NULL,
  description     TEXT NOT NULL,
  created_at      TEXT NOT NULL,
  UNIQUE (project_id, name),
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);

CREATE TABLE device_group_members (
  group_id  TEXT NOT NULL REFERENCES device_groups (id),
  device_id TEXT NOT NULL REFERENCES devices (id),
  PRIMARY KEY (group_id, device_id)
);
CREATE INDEX device_group_members_device ON device_group_members (device_id);

-- The last 24 hours of heartbeats in steps of five minutes: a ring that writes over itself.
CREATE TABLE device_health (
  device_id        TEXT NOT NULL REFERENCES devices (id),
  slot             BIGINT NOT NULL, -- 0 to 287
  at               TEXT NOT NULL,
  cpu_usage        DOUBLE PRECISION,
  memory_usage     DOUBLE PRECISION,
  disk_usage       DOUBLE PRECISION,
  clock_offset_ms  DOUBLE PRECISION,
  backlog_episodes BIGINT,
  backlog_bytes    BIGINT,
  PRIMARY KEY (device_id, slot)
);

-- One text that new robots swap for a key of their own, so many times.
CREATE TABLE enrolment_tokens (
  id              TEXT NOT NULL PRIMARY KEY, -- the ten public characters of rte_<id>_<secret>
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT NOT NULL,
  label           TEXT NOT NULL,
  secret_hash     TEXT NOT NULL, -- SHA-256 of the whole token, hex
  device_type     TEXT, -- what its devices get
  environment     TEXT,
  group_id        TEXT REFERENCES device_groups (id),
  uses_max        BIGINT NOT NULL,
  use_count       BIGINT NOT NULL,
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  expires_at      TEXT NOT NULL,
  last_used_at    TEXT,
  revoked_at      TEXT,
  revoked_by      TEXT REFERENCES accounts (id),
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX enrolment_tokens_project ON enrolment_tokens (project_id, created_at);

-- Credentials -------------------------------------------------------------------------------

-- rt_ keys belong to one organization; rbtk_ keys to a person, in every organization that person belongs to.
CREATE TABLE api_keys (
  id              TEXT NOT NULL PRIMARY KEY, -- the ten public characters of rt_<id>_<secret>
  prefix          TEXT NOT NULL CHECK (prefix IN ('rt', 'rbtk')),
  organization_id TEXT REFERENCES organizations (id), -- null for rbtk_ keys only
  account_id      TEXT REFERENCES accounts (id), -- personal: never more rights than this account has now; null: service
  project_id      TEXT REFERENCES projects (id), -- pinned to this project
  device_id       TEXT REFERENCES devices (id), -- pinned to this device
  label           TEXT NOT NULL,
  note            TEXT,
  secret_hash     TEXT NOT NULL, -- SHA-256 of the whole key, hex; the key itself is never kept
  scopes          TEXT NOT NULL, -- space-separated, as in OAuth
  hostname        TEXT, -- of the terminal that a device login minted this key for
  sdk_version     TEXT, -- what that terminal ran
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  last_used_at    TEXT,
  use_count       BIGINT NOT NULL,
  expires_at      TEXT, -- null: until it is revoked
  rotated_to      TEXT REFERENCES api_keys (id), -- the key that takes over; expires_at ends the overlap
  revoked_at      TEXT,
  revoked_by      TEXT REFERENCES accounts (id),
  CHECK (organization_id IS NOT NULL OR (prefix = 'rbtk' AND account_id IS NOT NULL))
);
CREATE INDEX api_keys_organization ON api_keys (organization_id, device_id, created_at);
CREATE INDEX api_keys_account ON api_keys (account_id, created_at);

-- A robot that asks again with the same nonce, because the answer was lost, gets a new key and costs no second use.
CREATE TABLE enrolments (
  token_id    TEXT NOT NULL REFERENCES enrolment_tokens (id),
  nonce_hash  TEXT NOT NULL, -- SHA-256, hex
  device_id   TEXT NOT NULL REFERENCES devices (id),
  api_key_id  TEXT NOT NULL REFERENCES api_keys (id),
  enrolled_at TEXT NOT NULL,
  ip          TEXT NOT NULL,
  PRIMARY KEY (token_id, nonce_hash)
);
CREATE INDEX enrolments_device ON enrolments (device_id);

-- From where a key was used, with what: the latest few.
CREATE TABLE api_key_origins (
  api_key_id    TEXT NOT NULL REFERENCES api_keys (id),
  network       TEXT NOT NULL, -- IPv4 address or IPv6 /64
  user_agent    TEXT NOT NULL,
  first_used_at TEXT NOT NULL,
  last_used_at  TEXT NOT NULL,
  use_count     BIGINT NOT NULL,
  PRIMARY KEY (api_key_id, network, user_agent)
);

CREATE TABLE api_key_days (
  api_key_id TEXT NOT NULL REFERENCES api_keys (id),
  day        TEXT NOT NULL, -- 2026-11-22, UTC
  use_count  BIGINT NOT NULL,
  PRIMARY KEY (api_key_id, day)
);

-- Tokens that people make in the portal. Their text is signed again from the row; nothing secret is kept.
CREATE TABLE api_tokens (
  id           TEXT NOT NULL PRIMARY KEY, -- tok_…: the jti
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  key_id       TEXT NOT NULL, -- the kid it is signed with
  ip           TEXT NOT NULL, -- where it was made
  created_at   TEXT NOT NULL, -- a whole second: the iat
  expires_at   TEXT NOT NULL,
  last_used_at TEXT,
  revoked_at   TEXT
);
CREATE INDEX api_tokens_account ON api_tokens (account_id, created_at);

CREATE TABLE ssh_keys (
  id           TEXT NOT NULL PRIMARY KEY, -- ssh_…
  account_id   TEXT NOT NULL REFERENCES accounts (id),
  name         TEXT NOT NULL,
  type         TEXT NOT NULL, -- ssh-ed25519, …
  public_key   TEXT NOT NULL, -- the blob, base64
  fingerprint  TEXT NOT NULL, -- SHA256:…, as ssh-keygen -lf prints it
  comment      TEXT NOT NULL,
  created_at   TEXT NOT NULL,
  last_used_at TEXT,
  UNIQUE (account_id, fingerprint)
);

-- Who may log in to a robot.
CREATE TABLE device_ssh_keys (
  device_id  TEXT NOT NULL REFERENCES devices (id),
  ssh_key_id TEXT NOT NULL REFERENCES ssh_keys (id),
  added_by   TEXT NOT NULL REFERENCES accounts (id),
  added_at   TEXT NOT NULL,
  PRIMARY KEY (device_id, ssh_key_id)
);
CREATE INDEX device_ssh_keys_by_key ON device_ssh_keys (ssh_key_id);

-- Recordings --------------------------------------------------------------------------------

CREATE TABLE episodes (
  id                TEXT NOT NULL PRIMARY KEY, -- ep_…
  organization_id   TEXT NOT NULL REFERENCES organizations (id),
  project_id        TEXT NOT NULL,
  device_id         TEXT REFERENCES devices (id), -- the key's, else what the robot string means
  package_id        TEXT REFERENCES packages (id), -- what the device ran when the episode began
  api_key_id        TEXT REFERENCES api_keys (id), -- what logged it; null: an access or API token of account_id
  account_id        TEXT REFERENCES accounts (id),
  status            TEXT NOT NULL CHECK (status IN ('recording', 'interrupted', 'ready', 'failed')),
  source            TEXT NOT NULL CHECK (source IN ('real', 'sim', 'replay')),
  name              TEXT,
  robot             TEXT,
  policy_version    TEXT,
  env_version       TEXT,
  git_sha           TEXT,
  seed              TEXT, -- decimal digits: a seed may need all 64 bits, signed or unsigned
  fps               DOUBLE PRECISION,
  duration_s        DOUBLE PRECISION,
  failure_time_s    DOUBLE PRECISION,
  metadata          TEXT NOT NULL, -- JSON object
  requested_uploads TEXT NOT NULL, -- JSON array of artifact kinds
  bytes_total       BIGINT NOT NULL,
  created_at        TEXT NOT NULL,
  updated_at        TEXT NOT NULL,
  finalized_at      TEXT,
  archived_at       TEXT,
  archived_by       TEXT REFERENCES accounts (id),
  trashed_at        TEXT, -- set while it waits to be deleted; archived_at is set as well then, so that no list has it
  trashed_by        TEXT REFERENCES accounts (id), -- null: a retention rule
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX episodes_newest ON episodes (project_id, created_at, id);
CREATE INDEX episodes_by_status ON episodes (project_id, status, created_at, id);
CREATE INDEX episodes_by_policy ON episodes (project_id, policy_version, created_at, id);
CREATE INDEX episodes_by_device ON episodes (device_id, created_at, id);
-- Partial, so that a usual run of a real robot pays for neither.
CREATE INDEX episodes_by_source ON episodes (project_id, source, created_at, id) WHERE source <> 'real';
CREATE INDEX episodes_open ON episodes (updated_at) WHERE status = 'recording';
CREATE INDEX episodes_trashed ON episodes (organization_id, trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX episodes_archived ON episodes (project_id, created_at, id)
  WHERE archived_at IS NOT NULL AND trashed_at IS NULL;

-- How many episodes began on a day; kept by triggers, in the transaction of each change. Archived ones do not count.
CREATE TABLE episode_days (
  project_id TEXT NOT NULL REFERENCES projects (id),
  device_id  TEXT NOT NULL, -- '': all of the project, with or without a device
  status     TEXT NOT NULL,
  day        TEXT NOT NULL, -- 2026-11-22, UTC
  n          BIGINT NOT NULL,
  PRIMARY KEY (project_id, device_id, status, day)
);

CREATE TABLE episode_tags (
  episode_id TEXT NOT NULL REFERENCES episodes (id),
  tag        TEXT NOT NULL,
  added_at   TEXT NOT NULL,
  PRIMARY KEY (episode_id, tag)
);

-- What the robot's programs said while they recorded.
CREATE TABLE episode_logs (
  episode_id TEXT NOT NULL REFERENCES episodes (id),
  seq        BIGINT NOT NULL, -- 1, 2, 3 … without gaps, so the last one is how many there are
  at         TEXT NOT NULL, -- by the robot's clock
  level      TEXT NOT NULL CHECK (level IN ('debug', 'info', 'warn', 'error')),
  module     TEXT NOT NULL,
  message    TEXT NOT NULL,
  PRIMARY KEY (episode_id, seq)
);

-- What an organization keeps for how long. An episode that a rule names goes to the trash, and from there for good.
CREATE TABLE retention_rules (
  id              TEXT NOT NULL PRIMARY KEY, -- rul_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT REFERENCES projects (id), -- null: all projects
  status          TEXT CHECK (status IN ('interrupted', 'ready', 'failed')), -- null: whatever became of it
  source          TEXT CHECK (source IN ('real', 'sim', 'replay')), -- null: any
  keep_tag        TEXT, -- episodes with this tag stay
  days            BIGINT NOT NULL, -- since the episode began
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  last_run_at     TEXT,
  removed_at      TEXT
);
CREATE INDEX retention_rules_organization ON retention_rules (organization_id) WHERE removed_at IS NULL;

-- What was deleted for good, on whose word, and how many bytes that has freed so far.
CREATE TABLE deletions (
  id              TEXT NOT NULL PRIMARY KEY, -- dlt_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  because         TEXT NOT NULL CHECK (because IN ('person', 'trash')), -- somebody deleted it, or its time in the trash was over
  account_id      TEXT REFERENCES accounts (id),
  episodes        BIGINT NOT NULL,
  bytes_total     BIGINT NOT NULL, -- of their artifacts
  bytes_freed     BIGINT NOT NULL, -- of those, gone from the disk
  trashed_until   TEXT, -- set while it still takes what went to the trash until then
  started_at      TEXT NOT NULL,
  finished_at     TEXT -- when the last byte was gone
);
CREATE INDEX deletions_newest ON deletions (organization_id, started_at, id);
CREATE INDEX deletions_under_way ON deletions (organization_id) WHERE trashed_until IS NOT NULL;

-- Bytes that no row names any more; the row goes when they are gone.
CREATE TABLE blob_removals (
  blob_key        TEXT NOT NULL PRIMARY KEY,
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  size_bytes      BIGINT NOT NULL,
  deletion_id     TEXT REFERENCES deletions (id), -- where they are counted once they are gone
  requested_at    TEXT NOT NULL
);

-- Whose an artifact is, its episode says: found through the episode only, never by itself.
CREATE TABLE artifacts (
  episode_id   TEXT NOT NULL REFERENCES episodes (id),
  kind         TEXT NOT NULL CHECK (kind IN ('video', 'sensors', 'actions')),
  blob_key     TEXT NOT NULL, -- where the bytes are; changes when the artifact is uploaded again
  content_type TEXT NOT NULL,
  size_bytes   BIGINT NOT NULL,
  sha256       TEXT NOT NULL, -- hex
  stored_at    TEXT NOT NULL,
  PRIMARY KEY (episode_id, kind)
);

-- Device login (RFC 8628) -------------------------------------------------------------------

CREATE TABLE device_logins (
  id               TEXT NOT NULL PRIMARY KEY, -- dl_…
  client_id        TEXT NOT NULL, -- the OAuth client, robotrace-cli
  scopes           TEXT NOT NULL, -- space-separated
  device_code_hash TEXT NOT NULL UNIQUE, -- SHA-256, hex
  user_code_hmac   TEXT NOT NULL UNIQUE, -- keyed: 37 bits would fall to a plain hash
  hpke_public_key  TEXT NOT NULL, -- base64url; the private half follows from the device_code alone
  status           TEXT NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'consumed')),
  denied_because   TEXT CHECK (denied_because IN ('refused', 'poisoned', 'not_entitled')),
  hostname         TEXT,
  user_agent       TEXT NOT NULL,
  sdk_version      TEXT,
  ip               TEXT NOT NULL,
  network          TEXT NOT NULL, -- the IPv4 address or IPv6 /64 that budgets count for
  interval_s       BIGINT NOT NULL,
  poll_count       BIGINT NOT NULL,
  last_polled_at   TEXT,
  created_at       TEXT NOT NULL,
  expires_at       TEXT NOT NULL,
  claimed_by       TEXT REFERENCES accounts (id), -- the first account that opened the code
  claimed_at       TEXT,
  decided_at       TEXT,
  organization_id  TEXT REFERENCES organizations (id),
  api_key_id       TEXT, -- its row comes to be when the terminal picks the key up
  api_key_hash     TEXT,
  sealed_key       TEXT, -- HPKE ciphertext of key and user code; gone once picked up
  sealed_secret    TEXT, -- HPKE encapsulated secret
  consumed_at      TEXT,
  consumed_ip      TEXT,
  replayed_at      TEXT -- when the consumed code first came back from another network
);
CREATE INDEX device_logins_by_network ON device_logins (network, created_at);
CREATE INDEX device_logins_live ON device_logins (status, expires_at);

-- What an organization asks of device logins; no row: all of them are let in, keys live until revoked.
CREATE TABLE device_login_policies (
  organization_id TEXT NOT NULL PRIMARY KEY REFERENCES organizations (id),
  off_at          TEXT, -- set while no terminal is let in
  networks        TEXT NOT NULL, -- CIDRs terminals may come from, separated by spaces; empty: any
  key_days        BIGINT, -- how long a login's key lives; null: until revoked
  step_up_at      TEXT -- set while every approval asks for the password
);

CREATE TABLE guess_budgets (
  bucket   TEXT NOT NULL PRIMARY KEY, -- account:…, network:…, instance
  spent    BIGINT NOT NULL,
  renews_at TEXT NOT NULL
);

-- Webhooks ----------------------------------------------------------------------------------

CREATE TABLE webhooks (
  id              TEXT NOT NULL PRIMARY KEY, -- wh_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  url             TEXT NOT NULL,
  description     TEXT NOT NULL,
  events          TEXT NOT NULL, -- separated by spaces: episode.ready device.offline
  secret_sealed   TEXT NOT NULL, -- 32 bytes, encrypted with a key that is not in this file
  old_secret_sealed TEXT, -- signs beside it after a rotation,
  old_secret_until  TEXT, -- until then
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  failing_since   TEXT, -- the first of the failures since the last delivery that arrived
  disabled_at     TEXT,
  disabled_because TEXT CHECK (disabled_because IN ('person', 'failures', 'gone')),
  removed_at      TEXT
);
CREATE INDEX webhooks_organization ON webhooks (organization_id) WHERE removed_at IS NULL;

-- What has happened and is still to be told: written with the change itself, turned into deliveries behind its back.
CREATE TABLE outbox (
  id              TEXT NOT NULL PRIMARY KEY, -- msg_…: what a receiver tells repetitions by
  seq             BIGINT NOT NULL, -- the order in which it happened
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT,
  type            TEXT NOT NULL, -- episode.ready
  target          TEXT NOT NULL, -- the id of what it is about
  detail          TEXT NOT NULL, -- JSON object
  occurred_at     TEXT NOT NULL
);
CREATE INDEX outbox_oldest ON outbox (seq);

CREATE TABLE webhook_deliveries (
  id              TEXT NOT NULL PRIMARY KEY, -- del_…
  seq             BIGINT NOT NULL, -- the order of the outbox
  webhook_id      TEXT NOT NULL REFERENCES webhooks (id),
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  message_id      TEXT NOT NULL, -- msg_…: the same for every attempt and every redelivery
  type            TEXT NOT NULL,
  body            TEXT NOT NULL, -- JSON, byte for byte as it is signed
  status          TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  attempts        BIGINT NOT NULL,
  next_attempt_at TEXT, -- null once it is over
  created_at      TEXT NOT NULL,
  finished_at     TEXT,
  response_status BIGINT, -- of the last attempt
  response_body   TEXT, -- its beginning
  error           TEXT, -- why there was no answer
  duration_ms     BIGINT
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_attempt_at, seq) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, seq);
CREATE INDEX webhook_deliveries_seq ON webhook_deliveries (seq);
CREATE INDEX webhook_deliveries_oldest ON webhook_deliveries (created_at);

-- What came of each attempt of a delivery, the latest of them; columns as above.
CREATE TABLE webhook_attempts (
  delivery_id     TEXT NOT NULL REFERENCES webhook_deliveries (id),
  number          BIGINT NOT NULL, -- 1, 2, 3 …; one that the process did not outlive is missing
  begun_at        TEXT NOT NULL,
  duration_ms     BIGINT NOT NULL,
  response_status BIGINT,
  response_body   TEXT,
  error           TEXT,
  PRIMARY KEY (delivery_id, number)
);

-- How many deliveries of a webhook are kept; by triggers, in the transaction of each change.
CREATE TABLE webhook_delivery_counts (
  webhook_id TEXT NOT NULL PRIMARY KEY REFERENCES webhooks (id),
  n          BIGINT NOT NULL
);

-- Audit and notices -------------------------------------------------------------------------

-- Each row carries the hash of the one before it: a changed, missing or inserted row breaks the chain. An operator sits
-- at the machine itself; the system did it by itself, as a rule of somebody's says.
CREATE TABLE audit_events (
  seq             BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3 … without gaps
  id              TEXT NOT NULL UNIQUE, -- ev_…
  at              TEXT NOT NULL,
  action          TEXT NOT NULL, -- device_login.approved
  outcome         TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor_kind      TEXT NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'anonymous', 'operator', 'system')),
  actor_id        TEXT,
  credential_id   TEXT, -- the key, token or session it was done with
  organization_id TEXT REFERENCES organizations (id),
  target          TEXT NOT NULL, -- the id of what was acted on
  ip              TEXT NOT NULL,
  user_agent      TEXT NOT NULL,
  request_id      TEXT,
  detail          TEXT NOT NULL, -- JSON object without secrets
  previous_hash   TEXT NOT NULL, -- hash of the row before; 64 zeros for the first
  hash            TEXT NOT NULL -- SHA-256 over all of the above, hex
);
CREATE INDEX audit_events_newest ON audit_events (organization_id, seq);
CREATE INDEX audit_events_by_target ON audit_events (target, seq);
CREATE INDEX audit_events_by_actor ON audit_events (actor_id, seq);

CREATE TABLE notices (
  id         TEXT NOT NULL PRIMARY KEY, -- nt_…
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind       TEXT NOT NULL CHECK (kind IN (
    'device_login_approved', 'device_login_poisoned', 'device_login_replayed', 'api_key_leaked', 'session_reused',
    'webhook_disabled', 'password_reset', 'password_reset_link', 'backup_failed', 'quota_reached'
  )),
  detail     TEXT NOT NULL, -- JSON object
  created_at TEXT NOT NULL,
  read_at    TEXT
);
CREATE INDEX notices_unread ON notices (account_id, created_at) WHERE read_at IS NULL;
