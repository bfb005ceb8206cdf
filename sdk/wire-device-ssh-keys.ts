/**
 * The bodies of who may log in to a device by SSH. Types only, like the rest of the wire.
 *
 * @module
 */

/** Body of `POST …/devices/{device}/ssh-keys`. */
export interface SelectSshKey {
  /** `ssh_…`, of a member: members select their own, admins anybody's. */
  ssh_key_id: string
}

/** Whose an SSH key is. */
export interface SshKeyOwner {
  /** `acc_…`. */
  id: string
  /** As they call themselves. */
  name: string
  /** What they sign in with. */
  email: string
}

/** An SSH key beside a device: whose, and whether it lets them in. */
export interface DeviceSshKey {
  /** `ssh_…`. */
  ssh_key_id: string
  /** As its owner calls it. */
  name: string
  /** Such as `ssh-ed25519`. */
  type: string
  /** `SHA256:…`, as ssh-keygen prints it. */
  fingerprint: string
  /** ISO 8601, UTC; null: never. */
  last_used_at: string | null
  /** Whose it is. */
  owner: SshKeyOwner
  /** ISO 8601, UTC; null while it is not selected. */
  added_at: string | null
  /** Name of who selected it. */
  added_by: string | null
  /** Why it does not let them in although it is selected; null: it does. */
  refused: 'not_a_member' | 'viewer' | 'disabled' | null
  /** Whether it is the caller's. */
  own: boolean
}

/** Answer of `GET …/devices/{device}/ssh-keys`, and of selecting one and taking one away. */
export interface DeviceSshKeys {
  /** Those that are selected, by their owners' names. */
  items: DeviceSshKey[]
  /** Those that the caller could select: their own, and for admins those of every member. */
  candidates: DeviceSshKey[]
}
