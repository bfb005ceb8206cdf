/**
 * The bodies of what belongs to a person: API tokens and SSH keys. Types only, like the rest of the wire.
 *
 * @module
 */

/** How long an API token lives: one of the usual spans, or whole seconds, 60 to 31,536,000 (365 days). */
export type ApiTokenLife = '1h' | '24h' | '7d' | '30d' | '90d' | number

/** Body of `POST /api/v1/user/api-tokens`. */
export interface MakeApiToken {
  /** Default `24h`. */
  life?: ApiTokenLife | null
}

/** An API token without its text. */
export interface ApiToken {
  /** `tok_…`. */
  id: string
  /** ISO 8601, UTC; a whole second. */
  created_at: string
  /** ISO 8601, UTC. From then on it is refused. */
  expires_at: string
  /** Whether that has come. */
  expired: boolean
  /** ISO 8601, UTC; null when it never was. */
  last_used_at: string | null
  /** Network address it was made from. */
  ip: string
}

/** Answer (200) of `GET /api/v1/user/api-tokens`. */
export interface ApiTokenList {
  /** Those that work first, newest first. */
  items: ApiToken[]
}

/** Answer (201) of `POST /api/v1/user/api-tokens`. */
export interface MadeApiToken {
  /** The text, a JWT: what goes behind `Authorization: Bearer`. */
  token: string
  /** What is known of it. */
  api_token: ApiToken
}

/** Answer (200) of `DELETE /api/v1/user/api-tokens/{id}`. */
export interface RevokedApiToken {
  /** `tok_…`. */
  id: string
  /** ISO 8601, UTC. */
  revoked_at: string
}

/** Body of `POST /api/v1/user/ssh-keys`. */
export interface AddSshKey {
  /** How you call it. */
  name: string
  /** The text of the `.pub` file: `ssh-ed25519 AAAAC3… art@laptop`. */
  key_text: string
}

/** A public key that you have uploaded. */
export interface SshKey {
  /** `ssh_…`. */
  id: string
  /** How you call it. */
  name: string
  /** `ssh-ed25519`, `ssh-rsa`, … */
  type: string
  /** Its length. */
  bits: number
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  fingerprint: string
  /** What stood behind the key. */
  comment: string
  /** What would be better about it; null when nothing is. */
  warning: string | null
  /** ISO 8601, UTC. */
  created_at: string
  /** ISO 8601, UTC; null when no device has asked about it yet. */
  last_used_at: string | null
  /** The devices it may log in to, with the slugs of their organization and project. */
  devices: { id: string; name: string; organization: string; project: string }[]
}

/** Answer (200) of `GET /api/v1/user/ssh-keys`. */
export interface SshKeyList {
  /** Newest first. */
  items: SshKey[]
}

/** Answer (200) of `DELETE /api/v1/user/ssh-keys/{id}`. */
export interface RemovedSshKey {
  /** `ssh_…`. */
  id: string
  /** ISO 8601, UTC. */
  removed_at: string
}
