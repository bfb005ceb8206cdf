import { z } from 'zod'
import type {
  ChangeDevice,
  CreateDevice,
  CreateDeviceGroup,
  EnrollDevice,
  Heartbeat,
  ListDevices,
  MakeEnrolmentToken,
  MergeDevice,
} from '../../sdk/wire.ts'
import { accepts } from '../http/conforms.ts'
import { paging } from '../http/paging.ts'
import { line } from '../http/text.ts'

const slugOrId = z.string().max(64)
const id = z.string().max(64)
/** The robots of old clients are called as they like. */
const nameOrId = z.string().max(128)

export const organizationAddress = z.object({ org: slugOrId })
export const projectAddress = z.object({ org: slugOrId, project: slugOrId })
/** A list of the few things that a project has beside its devices. */
export const projectPage = projectAddress.extend(paging)
export const deviceAddress = projectAddress.extend({ device: nameOrId })
export const anyDeviceAddress = deviceAddress.extend({ project: slugOrId.nullish() })
export const doorKeyAddress = deviceAddress.extend({ ssh_key_id: id })
export const groupAddress = projectAddress.extend({ group: nameOrId })
export const tokenAddress = projectAddress.extend({ token: id })

/** Fit for addresses and command lines, and never taken for an id. */
const deviceName = z
  .string('must be a text')
  .trim()
  .regex(
    /^(?!dev_)[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    'must be 1 to 64 letters, digits, dots, _ or -, beginning with a letter or digit, such as arm-7',
  )

const dsn = line(0, 120).nullish()
const word = line(0, 64).nullish()

export const createDeviceBody = accepts<CreateDevice>()(
  z.object({ name: deviceName, dsn, type: word, environment: word }),
)
export const createDeviceInput = createDeviceBody.extend(projectAddress.shape)

export const changeDeviceBody = accepts<ChangeDevice>()(
  z.object({
    name: deviceName.optional(),
    dsn,
    type: word,
    environment: word,
    maintenance: z.boolean('must be true or false').optional(),
    confirmed: z.literal(true, 'must be true, or left out').optional(),
    group_ids: z.array(id, 'must be a list of group ids').max(100, 'must have at most 100').optional(),
    package_id: id.nullish(),
  }),
)
export const changeDeviceInput = changeDeviceBody.extend(deviceAddress.shape)

export const mergeDeviceInput = accepts<MergeDevice>()(z.object({ into: nameOrId })).extend(
  deviceAddress.shape,
)

export const authorizedKeysQuery = deviceAddress.extend({ fingerprint: z.string().max(100).optional() })

const status = z.enum(['online', 'offline', 'maintenance'], 'must be online, offline or maintenance')
const filters = z.object({
  status: status.optional(),
  type: z.string().max(64).optional(),
  group_id: id.optional(),
  // A field that is empty asks for nothing.
  text: line(0, 120)
    .transform((text) => text || undefined)
    .optional(),
  cursor: z.string().max(400).optional(),
})

function whole(least: number, most: number) {
  const sentence = `must be a whole number from ${least} to ${most}`
  return z.number(sentence).int(sentence).min(least, sentence).max(most, sentence)
}

/** In a query everything is a text. */
function wholeText(least: number, most: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .pipe(whole(least, most))
}

/** Nobody leafs that far; beyond it, a text or a filter finds what the eye does not. */
const LAST_PAGE = 10_000

/** The query of the lists over REST. */
export const listDevicesQuery = filters.extend({
  confirmed: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
  page: wholeText(1, LAST_PAGE).optional(),
  page_size: wholeText(1, 100).default(20),
} satisfies Partial<Record<keyof ListDevices, z.ZodType>>)

/** The same, as the portal asks it; without a project, in all of them. */
export const listDevicesInput = filters.extend({
  org: slugOrId,
  project: slugOrId.nullish(),
  confirmed: z.boolean().optional(),
  limit: whole(1, 200).default(50),
})

export const facetsInput = z.object({ org: slugOrId, project: slugOrId.nullish() })

export const episodeCountsInput = z.object({ org: slugOrId, device_ids: z.array(id).max(200) })

const percent = z
  .number('must be a number')
  .min(0, 'must be 0 to 100, in percent')
  .max(100, 'must be 0 to 100, in percent')
  .nullish()
const count = z
  .number('must be a whole number')
  .int('must be a whole number')
  .min(0, 'must not be negative')
  .nullish()

export const heartbeatInput = accepts<Heartbeat>()(
  z.object({
    cpu_usage: percent,
    memory_usage: percent,
    disk_usage: percent,
    sent_at: z.iso
      .datetime({ offset: true, error: 'must be an ISO 8601 time such as 2026-11-03T09:30:00.250Z' })
      .nullish(),
    clock_offset_ms: z.number('must be a number of milliseconds').nullish(),
    sdk_version: line(0, 64).nullish(),
    backlog_episodes: count,
    backlog_bytes: count,
  }),
).extend(deviceAddress.shape)

const groupBody = accepts<CreateDeviceGroup>()(
  z.object({ name: line(1, 64), description: line(0, 500).optional() }),
)
export const createGroupInput = groupBody.extend(projectAddress.shape)
export const updateGroupInput = groupBody.partial().extend(groupAddress.shape)

export const makeTokenInput = accepts<MakeEnrolmentToken>()(
  z.object({
    label: line(1, 80),
    uses: whole(1, 10_000).optional(),
    expires_in: whole(60, 2_592_000).optional(),
    type: word,
    environment: word,
    group_id: id.nullish(),
  }),
).extend(projectAddress.shape)

export const enrollInput = accepts<EnrollDevice>()(
  z.object({
    name: deviceName,
    dsn,
    type: word,
    nonce: z
      .string('must be a text of 16 to 128 characters, drawn at random')
      .min(16, 'must have at least 16 characters, drawn at random')
      .max(128, 'must have at most 128 characters'),
  }),
)
