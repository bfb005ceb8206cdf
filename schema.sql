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
  id            TEXT NOT NULL PRIMARY KEY, -- acc_…
  email         TEXT NOT NULL,
  name          TEXT NOT NULL,
  password_hash TEXT NOT NULL, -- Argon2id, PHC string
  staff_since   TEXT, -- set for administrators of the whole installation
  disabled_at   TEXT,
  created_at    TEXT NOT NULL
);
CREATE UNIQUE INDEX accounts_email ON accounts (lower(email));

CREATE TABLE sessions (
  id_hash              TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the cookie's value, hex
  account_id           TEXT NOT NULL REFERENCES accounts (id),
  created_at           TEXT NOT NULL,
  expires_at           TEXT NOT NULL,
  last_seen_at         TEXT NOT NULL,
  password_verified_at TEXT NOT NULL,
  ip                   TEXT NOT NULL,
  user_agent           TEXT NOT NULL
);
CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE setup_links (
  token_hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 of the link's token, hex
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at    TEXT
);

-- Tenants -----------------------------------------------------------------------------------

CREATE TABLE organizations (
  id         TEXT NOT NULL PRIMARY KEY, -- UUID: the wire's client_id
  slug       TEXT NOT NULL UNIQUE,
  name       TEXT NOT NULL,
  created_at TEXT NOT NULL
);

CREATE TABLE members (
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  account_id      TEXT NOT NULL REFERENCES accounts (id),
  role            TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  created_at      TEXT NOT NULL,
  PRIMARY KEY (organization_id, account_id)
);
CREATE INDEX members_account ON members (account_id);

CREATE TABLE projects (
  id              TEXT NOT NULL PRIMARY KEY, -- prj_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  slug            TEXT NOT NULL,
  name            TEXT NOT NULL,
  created_at      TEXT NOT NULL,
  UNIQUE (organization_id, slug),
  UNIQUE (organization_id, id)
);

-- Credentials -------------------------------------------------------------------------------

CREATE TABLE api_keys (
  id              TEXT NOT NULL PRIMARY KEY, -- the ten public characters of rt_<id>_<secret>
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  label           TEXT NOT NULL,
  secret_hash     TEXT NOT NULL, -- SHA-256 of the whole key, hex; the key itself is never kept
  scopes          TEXT NOT NULL, -- space-separated, as in OAuth
  hostname        TEXT, -- of the terminal that a device login minted this key for
  sdk_version     TEXT, -- what that terminal ran
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  last_used_at    TEXT,
  expires_at      TEXT, -- null: until it is revoked
  revoked_at      TEXT,
  revoked_by      TEXT REFERENCES accounts (id)
);
CREATE INDEX api_keys_organization ON api_keys (organization_id, created_at);

-- Recordings --------------------------------------------------------------------------------

CREATE TABLE episodes (
  id                TEXT NOT NULL PRIMARY KEY, -- ep_…
  organization_id   TEXT NOT NULL REFERENCES organizations (id),
  project_id        TEXT NOT NULL,
  api_key_id        TEXT NOT NULL REFERENCES api_keys (id),
  status            TEXT NOT NULL CHECK (status IN ('recording', 'ready', 'failed')),
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
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE INDEX episodes_newest ON episodes (organization_id, created_at, id);
CREATE INDEX episodes_by_status ON episodes (organization_id, status, created_at, id);
CREATE INDEX episodes_by_policy ON episodes (organization_id, policy_version, created_at, id);
CREATE INDEX episodes_by_robot ON episodes (organization_id, robot, created_at, id);

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

-- Audit and notices -------------------------------------------------------------------------

CREATE TABLE audit_events (
  id              TEXT NOT NULL PRIMARY KEY, -- ev_…
  at              TEXT NOT NULL,
  action          TEXT NOT NULL, -- device_login.approved
  actor_kind      TEXT NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'anonymous')),
  actor_id        TEXT,
  organization_id TEXT REFERENCES organizations (id),
  target          TEXT NOT NULL, -- the id of what was acted on
  ip              TEXT NOT NULL,
  user_agent      TEXT NOT NULL,
  detail          TEXT NOT NULL -- JSON object without secrets
);
CREATE INDEX audit_events_newest ON audit_events (organization_id, at, id);
CREATE INDEX audit_events_by_target ON audit_events (target, at);

CREATE TABLE notices (
  id         TEXT NOT NULL PRIMARY KEY, -- nt_…
  account_id TEXT NOT NULL REFERENCES accounts (id),
  kind       TEXT NOT NULL CHECK (kind IN ('device_login_approved', 'device_login_poisoned', 'device_login_replayed')),
  detail     TEXT NOT NULL, -- JSON object
  created_at TEXT NOT NULL,
  read_at    TEXT
);
CREATE INDEX notices_unread ON notices (account_id, created_at) WHERE read_at IS NULL;
