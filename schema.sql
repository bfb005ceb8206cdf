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

-- Tenants -----------------------------------------------------------------------------------

CREATE TABLE organizations (
  id           TEXT NOT NULL PRIMARY KEY, -- UUID: the wire's client_id
  slug         TEXT NOT NULL UNIQUE,
  name         TEXT NOT NULL,
  rate_limit   BIGINT, -- requests a minute for each of its keys; null: the server's default
  key_days_max BIGINT, -- how long a new key may live; null: until it is revoked
  leaked_keys  TEXT NOT NULL CHECK (leaked_keys IN ('revoke', 'notify')), -- what a scanner's alert does
  created_at   TEXT NOT NULL
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
  UNIQUE (organization_id, slug),
  UNIQUE (organization_id, id)
);

-- A robot.
CREATE TABLE devices (
  id              TEXT NOT NULL PRIMARY KEY, -- dev_…
  organization_id TEXT NOT NULL REFERENCES organizations (id),
  project_id      TEXT NOT NULL,
  name            TEXT NOT NULL,
  created_by      TEXT NOT NULL REFERENCES accounts (id),
  created_at      TEXT NOT NULL,
  removed_at      TEXT,
  FOREIGN KEY (organization_id, project_id) REFERENCES projects (organization_id, id)
);
CREATE UNIQUE INDEX devices_name ON devices (project_id, name) WHERE removed_at IS NULL;

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
CREATE INDEX api_keys_organization ON api_keys (organization_id, created_at);
CREATE INDEX api_keys_account ON api_keys (account_id, created_at);

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
  api_key_id        TEXT REFERENCES api_keys (id), -- what logged it; null: an access or API token of account_id
  account_id        TEXT REFERENCES accounts (id),
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

-- Each row carries the hash of the one before it: a changed, missing or inserted row breaks the chain.
CREATE TABLE audit_events (
  seq             BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3 … without gaps
  id              TEXT NOT NULL UNIQUE, -- ev_…
  at              TEXT NOT NULL,
  action          TEXT NOT NULL, -- device_login.approved
  outcome         TEXT NOT NULL CHECK (outcome IN ('success', 'failure')),
  actor_kind      TEXT NOT NULL CHECK (actor_kind IN ('person', 'api_key', 'anonymous')),
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
    'device_login_approved', 'device_login_poisoned', 'device_login_replayed', 'api_key_leaked', 'session_reused'
  )),
  detail     TEXT NOT NULL, -- JSON object
  created_at TEXT NOT NULL,
  read_at    TEXT
);
CREATE INDEX notices_unread ON notices (account_id, created_at) WHERE read_at IS NULL;
