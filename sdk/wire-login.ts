/**
 * The bodies of signing in from a terminal and of asking what a key is. Types only, like the rest of the wire.
 *
 * @module
 */

/** Body of `POST /api/cli/auth/start`. Both members are shown on the page where the login is approved. */
export interface StartDeviceLogin {
  /** The program that asks. */
  user_agent: string
  /** The machine's own name; null when it is not told. */
  hostname: string | null
  /** Scopes separated by spaces; absent: the usual ones. At most `fleet:write` and `keys:manage` beside them. */
  scope?: string | null
}

/** Answer (200) of start. */
export interface StartedDeviceLogin {
  /** The secret that redeems the login; never shown to anybody. */
  device_code: string
  /** What people compare, `XXXX-XXXX`. */
  user_code: string
  /** The page, without the code. */
  verification_uri: string
  /** The page with the code in its query. */
  verification_uri_complete: string
  /** Whole seconds until nobody can approve it any more. */
  expires_in: number
  /** Seconds between two polls. */
  interval: number
}

/** Body of `POST /api/cli/auth/poll`. */
export interface PollDeviceLogin {
  /** From start. */
  device_code: string
}

/** Answer (200) of poll while nobody has decided. */
export interface PendingDeviceLogin {
  /** Always `pending`. */
  status: 'pending'
  /** Seconds between two polls from now on; absent: as before. */
  interval?: number
}

/** Answer (200) of poll, once, after somebody clicked Authorize. */
export interface ApprovedDeviceLogin {
  /** Always `approved`. */
  status: 'approved'
  /** The minted key: this answer is the only place it ever appears in. */
  api_key: string
  /** The deployment's own address. */
  base_url: string
  /** The organization the key belongs to. */
  client_id: string
  /** Who approved. */
  user_email: string
  /** Where that person sees their runs. */
  portal_url: string
  /** The same organization, named. A deployment that does not name it leaves this out. */
  organization?: OrganizationName
  /** What the key may do: what was asked for, within the approver's role. Older deployments leave this out. */
  scope?: string
}

/** Answer (200) of poll after somebody clicked Refuse, or lost the right to approve. */
export interface DeniedDeviceLogin {
  /** Always `denied`. */
  status: 'denied'
}

/** Every answer of poll with status 200. */
export type DeviceLoginPoll = PendingDeviceLogin | ApprovedDeviceLogin | DeniedDeviceLogin

/** Answer (410) of poll: the time is over, or the key has been handed out already. */
export interface EndedDeviceLogin {
  /** Which of the two. */
  status: 'expired' | 'consumed'
  /** The sentence for people. */
  error: string
  /** Same as `error`. */
  detail: string
}

/** Answer (200) of `POST /api/cli/auth/revoke`, which ends the very credential it is called with. */
export interface RevokedKey {
  /** Always `revoked`. */
  status: 'revoked'
  /** The credential's own id. */
  key_id: string
  /** Its public part, such as `rt_8a4f01c2b3`; of a token its id. */
  key_prefix: string
  /** ISO 8601, UTC. */
  revoked_at: string
}

/** An organization, as people and addresses name it. */
export interface OrganizationName {
  /** UUID; the wire's `client_id`. */
  id: string
  /** In addresses. */
  slug: string
  /** For people. */
  name: string
}

/** What a credential is: a key of the organization, a key of a person, or a person's token. */
export type CredentialKind = 'service_key' | 'personal_key' | 'api_token' | 'access_token'

/** Whether a key should be rotated. */
export interface KeyRotation {
  /** Whether it is time. */
  due: boolean
  /** It is old, it ends soon, or another key has taken its place already; null while nothing is due. */
  reason: 'age' | 'expiry' | 'rotated' | null
  /** ISO 8601, UTC: until when to have done it. */
  by: string
}

/** Answer of `GET /api/whoami`: what the presented credential is and may do. */
export interface WhoAmI {
  /** What is presented. */
  kind: CredentialKind
  /** Its own id. */
  key_id: string
  /** Its public part, such as `rt_8a4f01c2b3`; of a token its id. */
  key_prefix: string
  /** What it was called when it was made. */
  label: string
  /** The organization it is bound to; null for what acts as its person in all of their organizations. */
  client_id: string | null
  /** The same organization, named. */
  organization: OrganizationName | null
  /** The organizations its person belongs to, with their role there; null for what is bound to one. */
  organizations: (OrganizationName & { role: 'owner' | 'admin' | 'member' | 'viewer' })[] | null
  /** The only project it is good for; null: all. */
  project_id: string | null
  /** The only device it is good for; null: all. */
  device_id: string | null
  /** Whose it is. */
  user_email: string
  /** Its rights, such as `episodes:write`; null: whatever its person's role allows. */
  scopes: string[] | null
  /** ISO 8601, UTC. */
  created_at: string
  /** ISO 8601, UTC; null: never. */
  expires_at: string | null
  /** Whether to rotate it; null for tokens, which end by themselves. */
  rotation: KeyRotation | null
}

/** Body of `POST /api/v1/auth/login`. */
export interface PasswordSignIn {
  /** Of the account. */
  email: string
  /** In clear, over https only. */
  password: string
  /** For an account with a second factor: six digits of the authenticator, or a recovery code. */
  code?: string
}

/** Answer (200) of login and of `POST /api/v1/auth/refresh`. */
export interface AccessTokenAnswer {
  /** For `Authorization: Bearer`. */
  access_token: string
  /** Always `bearer`. */
  token_type: 'bearer'
  /** Whole seconds; refresh before they are over. */
  expires_in: number
}

/** Answer (200) of `POST /api/v1/auth/logout`. */
export interface SignedOut {
  /** Always `signed_out`. */
  status: 'signed_out'
}
