/**
 * The bodies of how robots enrol: tokens that people make, and what a device swaps one for. Types only, like the rest
 * of the wire.
 *
 * @module
 */
import type { Device, DeviceGroupName } from './wire-fleet.ts'
import type { PageFacts } from './wire-organizations.ts'

/** Body of `POST …/enrolment-tokens`. */
export interface MakeEnrolmentToken {
  /** How you call it; at most 80 characters. */
  label: string
  /** How many devices it lets in: 1 (default) to 10,000. */
  uses?: number
  /** How long it is good, seconds: 60 to 2,592,000 (30 days). Default 86,400. */
  expires_in?: number
  /** What its devices get as type. */
  type?: string | null
  /** What its devices get as environment. */
  environment?: string | null
  /** The group its devices come into, `grp_…`. */
  group_id?: string | null
}

/** An enrolment token without its text. */
export interface EnrolmentToken {
  /** The ten public characters of `rte_<id>_<secret>`. */
  id: string
  /** How it is called. */
  label: string
  /** What its devices get. */
  type: string | null
  /** What its devices get. */
  environment: string | null
  /** The group its devices come into. */
  group: DeviceGroupName | null
  /** How many devices it lets in, */
  uses_max: number
  /** and how many it has. */
  use_count: number
  /** ISO 8601, UTC. */
  created_at: string
  /** ISO 8601, UTC. */
  expires_at: string
  /** ISO 8601, UTC. */
  last_used_at: string | null
  /** ISO 8601, UTC. */
  revoked_at: string | null
  /** Whether it still lets somebody in. */
  status: 'live' | 'used_up' | 'expired' | 'revoked'
}

/** Answer (201) of `POST …/enrolment-tokens`. */
export interface MadeEnrolmentToken {
  /** The text, shown this once. */
  token: string
  /** What is known of it. */
  enrolment_token: EnrolmentToken
}

/** Answer (200) of `GET …/enrolment-tokens`. */
export interface EnrolmentTokenList extends PageFacts {
  /** Newest first. */
  items: EnrolmentToken[]
}

/** Body of `POST /api/v1/devices/enroll`; the token travels as `Authorization: Bearer`. */
export interface EnrollDevice {
  /** Unique in the project. */
  name: string
  /** Serial number. */
  dsn?: string | null
  /** What sort of robot, unless the token says. */
  type?: string | null
  /**
   * Random text of 16 to 128 characters that the robot keeps until it has its key: asking again with the same one is
   * answered with a new key for the same device, and costs no second use.
   */
  nonce: string
}

/** Answer (201) of `POST /api/v1/devices/enroll`. */
export interface EnrolledDevice {
  /** The device's own key, shown this once; it is good for this device alone. */
  api_key: string
  /** What it became. */
  device: Device
  /** UUID of the organization. */
  client_id: string
  /** Where to talk to. */
  base_url: string
}
