/**
 * The bodies of a project's devices and their groups. Types only, like the rest of the wire.
 *
 * @module
 */
import type { PageFacts } from './wire-organizations.ts'

/** Derived from the last heartbeat: silent for more than 90 seconds is `offline`. */
export type DeviceStatus = 'online' | 'offline' | 'maintenance'

/** Body of `POST …/devices` and `POST …/devices/register-offline`. */
export interface CreateDevice {
  /** 1 to 64 letters, digits, dots, `_` or `-`; unique in the project. */
  name: string
  /** Serial number, at most 120 characters; unique in the project. */
  dsn?: string | null
  /** What sort of robot, such as `arm`; at most 64 characters. */
  type?: string | null
  /** Where it works, such as `production`; at most 64 characters. */
  environment?: string | null
}

/** Body of `PATCH …/devices/{device}`: what is left out stays. */
export interface ChangeDevice {
  /** Its old name goes on meaning it in the `robot` of episodes. */
  name?: string
  /** Null takes it away. */
  dsn?: string | null
  /** Null takes it away. */
  type?: string | null
  /** Null takes it away. */
  environment?: string | null
  /** True while somebody works on it, whatever its heartbeats say. */
  maintenance?: boolean
  /** True for a device that came to be from a robot string: it is one. */
  confirmed?: true
  /** All groups it is to be in, `grp_…`. */
  group_ids?: string[]
  /** What software it runs, `pkg_…`; null: nobody knows. */
  package_id?: string | null
}

/** A group of a device. */
export interface DeviceGroupName {
  /** `grp_…`. */
  id: string
  /** Unique in the project. */
  name: string
}

/** What a device said of itself last; members it did not say are null. */
export interface DeviceMetrics {
  /** Percent. */
  cpu_usage: number | null
  /** Percent. */
  memory_usage: number | null
  /** Percent. */
  disk_usage: number | null
  /** Its clock minus the server's, milliseconds. */
  clock_offset_ms: number | null
  /** Episodes recorded and not yet uploaded. */
  backlog_episodes: number | null
  /** Their bytes. */
  backlog_bytes: number | null
}

/** A robot. */
export interface Device {
  /** `dev_…`. */
  id: string
  /** Its name, which addresses take as well. */
  name: string
  /** Serial number. */
  dsn: string | null
  /** What sort of robot. */
  type: string | null
  /** Now. */
  status: DeviceStatus
  /** Where it works. */
  environment: string | null
  /** ISO 8601, UTC; null: never. */
  last_heartbeat: string | null
  /** Of its last heartbeat. */
  sdk_version: string | null
  /** Of its last heartbeat. */
  metrics: DeviceMetrics
  /** By name. */
  groups: DeviceGroupName[]
  /** False for one that came to be from the robot string of an episode. */
  confirmed: boolean
  /** Slug. */
  organization: string
  /** Slug. */
  project: string
  /** ISO 8601, UTC. */
  created_at: string
  /** How many SSH keys are selected for it. */
  ssh_key_count: number
}

/** Answer (200) of `GET …/devices/{device}`. */
export interface DeviceDetail extends Device {
  /** The episode it is recording, `ep_…`. */
  current_session_id: string | null
  /** The software it runs, `pkg_…`. */
  package_id: string | null
  /** How that is called. */
  package_name: string | null
  /** What else the `robot` of an episode may say to mean it. */
  robot_names: string[]
}

/** Query of `GET …/devices`. */
export interface ListDevices {
  /** Only those. */
  status?: DeviceStatus
  /** Only those. */
  type?: string
  /** Only those of this group, `grp_…`. */
  group_id?: string
  /** Only those whose name or DSN contains this. */
  text?: string
  /** `false`: only those that came to be from robot strings. */
  confirmed?: boolean
  /** 1 unless said. */
  page?: number
  /** 20 unless said, at most 100. */
  page_size?: number
  /** Instead of `page`: `next_cursor` of the page before, unchanged. */
  cursor?: string
}

/** Answer (200) of `GET …/devices`. */
export interface DeviceList {
  /** By name. */
  items: Device[]
  /** How many fit. */
  total: number
  /** The one that was asked for. With a cursor: null. */
  page: number | null
  /** At most so many items. */
  page_size: number
  /** For the page behind this one; null: this is the last. */
  next_cursor: string | null
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

/** Body of `POST …/devices/{device}/merge`. */
export interface MergeDevice {
  /** Name or id of the device that this one is. */
  into: string
}

/** Body of `POST …/devices/{device}/heartbeat`, from a key that is pinned to the device. */
export interface Heartbeat {
  /** Percent, 0 to 100. */
  cpu_usage?: number | null
  /** Percent, 0 to 100. */
  memory_usage?: number | null
  /** Percent, 0 to 100. */
  disk_usage?: number | null
  /** The device's clock when it sent this, ISO 8601: the server works out the offset. */
  sent_at?: string | null
  /** Or the offset itself, milliseconds: the device's clock minus the server's. */
  clock_offset_ms?: number | null
  /** What it runs. */
  sdk_version?: string | null
  /** Episodes recorded and not yet uploaded. */
  backlog_episodes?: number | null
  /** Their bytes. */
  backlog_bytes?: number | null
}

/** Answer (200) of a heartbeat. */
export interface HeartbeatAnswer {
  /** `dev_…`. */
  id: string
  /** `online` or `maintenance`. */
  status: DeviceStatus
  /** ISO 8601, UTC: the server's clock. */
  server_time: string
  /** Beat again after so many seconds. */
  next_in_s: number
}

/** Five minutes of a device's last 24 hours. */
export interface HealthSample extends DeviceMetrics {
  /** ISO 8601, UTC: the last heartbeat of these five minutes. */
  at: string
}

/** Answer (200) of `GET …/devices/{device}/health`. */
export interface DeviceHealth {
  /** Oldest first; minutes without a heartbeat are missing. */
  items: HealthSample[]
}

/** Body of `POST …/device-groups`. */
export interface CreateDeviceGroup {
  /** 1 to 64 characters, unique in the project. */
  name: string
  /** At most 500 characters. */
  description?: string
}

/** A group of devices. */
export interface DeviceGroup extends DeviceGroupName {
  /** Empty when nobody wrote one. */
  description: string
  /** How many live devices it has. */
  device_count: number
  /** ISO 8601, UTC. */
  created_at: string
}

/** Answer (200) of `GET …/device-groups`. */
export interface DeviceGroupList extends PageFacts {
  /** By name. */
  items: DeviceGroup[]
}
