import { z } from 'zod'
import type {
  Device,
  DeviceDetail,
  DeviceGroup,
  DeviceGroupList,
  DeviceHealth,
  DeviceList,
  EnrolledDevice,
  EnrolmentToken,
  EnrolmentTokenList,
  HeartbeatAnswer,
  MadeEnrolmentToken,
  RemovedDevice,
} from '../../sdk/wire.ts'
import { answers, component } from '../http/conforms.ts'
import { pageOf } from '../http/paging.ts'

/** What the fleet's doors answer. */

const time = z.iso.datetime()
const text = z.string().nullable()
const status = z.enum(['online', 'offline', 'maintenance'])

const metrics = component(
  'DeviceMetrics',
  z.object({
    cpu_usage: z.number().nullable(),
    memory_usage: z.number().nullable(),
    disk_usage: z.number().nullable(),
    clock_offset_ms: z.number().nullable(),
    backlog_episodes: z.number().nullable(),
    backlog_bytes: z.number().nullable(),
  }),
)

const groupName = z.object({ id: z.string(), name: z.string() })

export const device = answers<Device>('Device')(
  z.object({
    id: z.string(),
    name: z.string(),
    dsn: text,
    type: text,
    status,
    environment: text,
    last_heartbeat: time.nullable(),
    sdk_version: text,
    metrics,
    groups: z.array(groupName),
    confirmed: z.boolean(),
    organization: z.string(),
    project: z.string(),
    created_at: time,
    ssh_key_count: z.number(),
  }),
)

export const deviceDetail = answers<DeviceDetail>('DeviceDetail')(
  device.extend({
    current_session_id: text,
    package_id: text,
    package_name: text,
    robot_names: z.array(z.string()),
  }),
)

export const deviceList = answers<DeviceList>('DeviceList')(
  z.object({
    items: z.array(device),
    total: z.number(),
    page: z.number().nullable(),
    page_size: z.number(),
    next_cursor: text,
  }),
)

export const removedDevice = answers<RemovedDevice>('RemovedDevice')(
  z.object({ id: z.string(), removed_at: time, keys_revoked: z.number() }),
)

export const heartbeatAnswer = answers<HeartbeatAnswer>('HeartbeatAnswer')(
  z.object({ id: z.string(), status, server_time: time, next_in_s: z.number() }),
)

export const deviceHealth = answers<DeviceHealth>('DeviceHealth')(
  z.object({ items: z.array(metrics.extend({ at: time })) }),
)

export const deviceGroup = answers<DeviceGroup>('DeviceGroup')(
  groupName.extend({ description: z.string(), device_count: z.number(), created_at: time }),
)

export const deviceGroupList = answers<DeviceGroupList>('DeviceGroupList')(pageOf(deviceGroup))

export const removedGroup = z.object({ id: z.string(), removed_at: time })

export const enrolmentToken = answers<EnrolmentToken>('EnrolmentToken')(
  z.object({
    id: z.string(),
    label: z.string(),
    type: text,
    environment: text,
    group: groupName.nullable(),
    uses_max: z.number(),
    use_count: z.number(),
    created_at: time,
    expires_at: time,
    last_used_at: time.nullable(),
    revoked_at: time.nullable(),
    status: z.enum(['live', 'used_up', 'expired', 'revoked']),
  }),
)

export const enrolmentTokenList = answers<EnrolmentTokenList>('EnrolmentTokenList')(pageOf(enrolmentToken))

export const madeEnrolmentToken = answers<MadeEnrolmentToken>('MadeEnrolmentToken')(
  z.object({ token: z.string(), enrolment_token: enrolmentToken }),
)

export const enrolledDevice = answers<EnrolledDevice>('EnrolledDevice')(
  z.object({ api_key: z.string(), device, client_id: z.uuid(), base_url: z.string() }),
)
