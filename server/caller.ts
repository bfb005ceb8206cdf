/** Who is calling, and how they proved it. Made by access/, read by nouns; no code lives here. */

export type Role = 'owner' | 'admin' | 'member' | 'viewer'

/** A machine with an `rt_` key: bound to one organization. */
export interface KeyCaller {
  kind: 'api_key'
  api_key_id: string
  organization_id: string
  project_id: string
  /** Separated by spaces. */
  scopes: string
}

/** A person signed in to the portal. Rights are read per organization, as they are now. */
export interface PersonCaller {
  kind: 'person'
  account_id: string
  email: string
  name: string
  staff: boolean
  session_hash: string
  ip: string
  user_agent: string
  roles: ReadonlyMap<string, Role>
}

/** Somebody without a credential: all that is known is where the request came from. */
export interface AnonymousCaller {
  kind: 'anonymous'
  ip: string
  user_agent: string
}

export type Caller = KeyCaller | PersonCaller
