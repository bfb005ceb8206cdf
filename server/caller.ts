/** Who is calling, and how they proved it. Made by access/, read by nouns; no code lives here. */

export type Role = 'owner' | 'admin' | 'member' | 'viewer'

/** What was presented, by its public id, which may be logged and signed into links. */
export interface Credential {
  kind: 'api_key' | 'api_token' | 'access_token' | 'session'
  /** Ten characters of an API key, `tok_…` of an API token, `ses_…` of a cookie or of an access token's session. */
  id: string
  /** Of an access token: which of its session's tokens (`jti`) was presented. */
  token_id?: string
  /** Of an API key that was presented: whether it is time for another one. */
  rotation?: Rotation
}

/** Whether a key should be rotated: it is old, it ends soon, or another one has taken its place already. */
export interface Rotation {
  due: boolean
  /** Why it is due; null while it is not. */
  reason: 'age' | 'expiry' | 'rotated' | null
  /** ISO 8601: until when to have done it. */
  by: string
  /** Whole days since it was made. */
  age_days: number
}

/** Where a request comes from. */
export interface Origin {
  ip: string
  user_agent: string
  /** `req_…`: what the answer's X-Request-Id and the log say. */
  request_id: string
}

/** Acts inside one organization: an `rt_` key, or a personal credential together with the organization it named. */
export interface OrganizationCaller extends Origin {
  kind: 'organization'
  credential: Credential
  organization_id: string
  /** Where its episodes go. */
  project_id: string
  /** The only project, or the only device, that the credential is good for. */
  pinned_project_id: string | null
  pinned_device_id: string | null
  /** Whose rights bound it; null for a service key of the organization. */
  account_id: string | null
  /** What it may do here now, separated by spaces. */
  scopes: string
  /** Requests a minute that this organization's keys may make; null: the server's default. */
  rate_limit: number | null
}

/** A person, in every organization they belong to. Rights are read per organization, as they are now. */
export interface PersonCaller extends Origin {
  kind: 'person'
  credential: Credential
  account_id: string
  email: string
  name: string
  staff: boolean
  roles: ReadonlyMap<string, Role>
  /** Organizations that require a second factor which this person has not: there they may nothing until they have. */
  locked: ReadonlySet<string>
  /** What an `rbtk_` key is limited to, separated by spaces; undefined: whatever the role may. */
  scopes: string | undefined
  /** When the person last proved to be there; undefined for keys and API tokens, which prove nothing of the kind. */
  verified_at: string | undefined
}

/** Somebody without a credential: all that is known is where the request came from. */
export interface AnonymousCaller extends Origin {
  kind: 'anonymous'
}

export type Caller = OrganizationCaller | PersonCaller
