import { z } from 'zod'
import type { DeviceSshKeys, SelectSshKey } from '../../sdk/wire.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import type { Code } from '../errors.ts'
import { accepts, answers, component } from '../http/conforms.ts'
import { type Door, door } from '../http/door.ts'
import type { DeviceAddress } from './devices.ts'
import { listDoorKeys, removeDoorKey, selectDoorKey } from './door-keys.ts'
import { deviceAddress, doorKeyAddress } from './schema.ts'

const PATH = '/api/v1/organizations/:org/projects/:project/devices/:device/ssh-keys'
const ARM_7 = { org: 'acme', project: 'default', device: 'arm-7' }
const KEY = 'ssh_00000000000000000000'
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']

const time = z.iso.datetime()

const deviceSshKey = component(
  'DeviceSshKey',
  z.object({
    ssh_key_id: z.string(),
    name: z.string(),
    type: z.string(),
    fingerprint: z.string(),
    last_used_at: time.nullable(),
    owner: z.object({ id: z.string(), name: z.string(), email: z.string() }),
    added_at: time.nullable(),
    added_by: z.string().nullable(),
    refused: z.enum(['not_a_member', 'viewer', 'disabled']).nullable(),
    own: z.boolean(),
  }),
)

const deviceSshKeys = answers<DeviceSshKeys>('DeviceSshKeys')(
  z.object({ items: z.array(deviceSshKey), candidates: z.array(deviceSshKey) }),
)

const selectSshKey = accepts<SelectSshKey>()(doorKeyAddress.pick({ ssh_key_id: true }))

/**
 * Who may log in to a device, for people and their own keys: an SSH key is somebody's, so a key of the organization
 * selects none. Each answer says who may log in now.
 */
export const doorKeyDoors: Door[] = [
  door({
    method: 'GET',
    path: PATH,
    caller: 'person',
    scope: 'fleet:read',
    summary: 'Who may log in to a device by SSH, and whose keys you could select',
    input: deviceAddress,
    output: deviceSshKeys,
    status: 200,
    refusals,
    example: { params: ARM_7 },
    handle: (ctx, input, caller) => whoMayLogIn(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: PATH,
    caller: 'person',
    scope: 'fleet:write',
    summary: 'Let an SSH key in: your own, or as an admin that of any member',
    input: selectSshKey.extend(deviceAddress.shape),
    output: deviceSshKeys,
    status: 201,
    refusals: [...refusals, 'conflict', 'too_large', 'unsupported_media_type'],
    example: { params: ARM_7, body: { ssh_key_id: KEY } },
    async handle(ctx, input, caller) {
      await selectDoorKey(ctx, caller, input)
      return whoMayLogIn(ctx, caller, input)
    },
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:ssh_key_id`,
    caller: 'person',
    scope: 'fleet:write',
    summary: 'Shut an SSH key out of a device; it stays with its owner',
    input: doorKeyAddress,
    output: deviceSshKeys,
    status: 200,
    refusals,
    example: { params: { ...ARM_7, ssh_key_id: KEY } },
    async handle(ctx, input, caller) {
      await removeDoorKey(ctx, caller, input)
      return whoMayLogIn(ctx, caller, input)
    },
  }),
]

async function whoMayLogIn(
  ctx: Pick<AppContext, 'db'>,
  caller: PersonCaller,
  input: DeviceAddress,
): Promise<DeviceSshKeys> {
  const { selected, candidates } = await listDoorKeys(ctx, caller, input)
  return { items: selected, candidates }
}
