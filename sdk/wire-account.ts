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
