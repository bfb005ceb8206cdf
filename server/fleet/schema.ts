import { z } from 'zod'
import type { CreateDevice, Device, DeviceList, RemovedDevice } from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { line } from '../http/text.ts'

const slugOrId = z.string().max(64)

export const organizationAddress = z.object({ org: slugOrId })
export const projectAddress = z.object({ org: slugOrId, project: slugOrId })
export const deviceAddress = projectAddress.extend({ device: slugOrId })
export const doorKeyAddress = deviceAddress.extend({ ssh_key_id: z.string().max(64) })

/** Fit for addresses and command lines, and never taken for an id. */
const deviceName = z
  .string('must be a text')
  .trim()
  .regex(
    /^(?!dev_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, _ or -, beginning with a letter or digit, such as arm-7',
  )

export const createDeviceBody = accepts<CreateDevice>()(
  z.object({
    name: deviceName,
    dsn: line(0, 120).nullish(),
    type: line(0, 64).nullish(),
    environment: line(0, 64).nullish(),
  }),
)
export const createDeviceInput = createDeviceBody.extend(projectAddress.shape)

export const authorizedKeysQuery = deviceAddress.extend({ fingerprint: z.string().max(100).optional() })

const metrics = z.object({
  cpu_usage: z.number().nullable(),
  memory_usage: z.number().nullable(),
  disk_usage: z.number().nullable(),
  clock_offset_ms: z.number().nullable(),
  backlog_episodes: z.number().nullable(),
  backlog_bytes: z.number().nullable(),
})

const groupName = z.object({ id: z.string(), name: z.string() })

export const device = answers<Device>()(
  z.object({
    id: z.string(),
    name: z.string(),
    dsn: z.string().nullable(),
    type: z.string().nullable(),
    status: z.enum(['online', 'offline', 'maintenance']),
    environment: z.string().nullable(),
    last_heartbeat: z.iso.datetime().nullable(),
    sdk_version: z.string().nullable(),
    metrics,
    groups: z.array(groupName),
    confirmed: z.boolean(),
    organization: z.string(),
    project: z.string(),
    created_at: z.iso.datetime(),
    ssh_key_count: z.number(),
  }),
)

export const deviceList = answers<DeviceList>()(
  z.object({
    items: z.array(device),
    total: z.number(),
    page: z.number().nullable(),
    page_size: z.number(),
    next_cursor: z.string().nullable(),
  }),
)

export const removedDevice = answers<RemovedDevice>()(
  z.object({ id: z.string(), removed_at: z.iso.datetime(), keys_revoked: z.number() }),
)
