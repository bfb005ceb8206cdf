/**
 * The bodies of a project's devices. Types only, like the rest of the wire.
 *
 * @module
 */

/** Body of `POST /api/v1/organizations/{org}/projects/{project}/devices`. */
export interface CreateDevice {
  /** 1 to 64 letters, digits, dots, `_` or `-`; unique in the project. */
  name: string
}

/** A robot. */
export interface Device {
  /** `dev_…`. */
  id: string
  /** Its name, which addresses take as well. */
  name: string
  /** Slug. */
  organization: string
  /** Slug. */
  project: string
  /** ISO 8601, UTC. */
  created_at: string
  /** How many SSH keys are selected for it. */
  ssh_key_count: number
}

/** Answer (200) of `GET …/devices`. */
export interface DeviceList {
  /** By name. */
  items: Device[]
}

/** Answer (200) of `DELETE …/devices/{device}`. */
export interface RemovedDevice {
  /** `dev_…`. */
  id: string
  /** ISO 8601, UTC. */
  removed_at: string
  /** How many API keys were pinned to it and have ended with it. */
  keys_revoked: number
}
