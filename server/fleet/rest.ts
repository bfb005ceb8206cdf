import type { Code } from '../errors.ts'
import { type Door, door, streamDoor } from '../http/door.ts'
import { hasTag } from '../http/entity-tag.ts'
import { device, deviceDetail, deviceHealth, deviceList, heartbeatAnswer, removedDevice } from './answers.ts'
import { readAuthorizedKeys } from './authorized-keys.ts'
import { removeDevice, updateDevice } from './change.ts'
import { getDevice } from './devices.ts'
import { doorKeyDoors } from './door-keys-rest.ts'
import { enrolmentDoors } from './enrolment-rest.ts'
import { readHealth } from './health.ts'
import { beat } from './heartbeat.ts'
import { listDevices } from './list.ts'
import { mergeDevice } from './merge.ts'
import { createDevice } from './register.ts'
import {
  authorizedKeysQuery,
  changeDeviceInput,
  createDeviceInput,
  deviceAddress,
  heartbeatInput,
  listDevicesQuery,
  mergeDeviceInput,
  organizationAddress,
  projectAddress,
} from './schema.ts'

const PATH = '/api/v1/organizations/:org/projects/:project/devices'
const HERE = { org: 'acme', project: 'default' }
const ARM_7 = { ...HERE, device: 'arm-7' }
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']
const withBody: Code[] = [...refusals, 'conflict', 'too_large', 'unsupported_media_type']

/** What a device and its key ask for again and again; the router tries these first. */
const ofDevices: Door[] = [
  door({
    method: 'POST',
    path: `${PATH}/:device/heartbeat`,
    caller: 'key_or_person',
    summary: 'A device says that it is there and how it is, with the key that is pinned to it',
    input: heartbeatInput,
    output: heartbeatAnswer,
    status: 200,
    refusals: withBody,
    example: { params: ARM_7, body: { cpu_usage: 31.5, memory_usage: 48, disk_usage: 71.2 } },
    handle: (ctx, input, caller) => beat(ctx, caller, input),
  }),
  streamDoor({
    method: 'GET',
    path: `${PATH}/:device/authorized_keys`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Who may log in to a device by SSH, as sshd reads it',
    input: authorizedKeysQuery,
    status: 200,
    answers: 'authorized_keys text with an ETag; 304 when If-None-Match names it',
    refusals,
    example: { params: ARM_7 },
    async respond(ctx, input, caller, { request, response }) {
      const { text, etag } = await readAuthorizedKeys(ctx, caller, input)
      response.setHeader('ETag', etag)
      response.setHeader('Cache-Control', 'private, no-cache')
      if (hasTag(request.get('If-None-Match'), etag)) {
        response.status(304).end()
        return
      }
      response.type('text/plain; charset=utf-8').send(text)
    },
  }),
]

const lists: Door[] = [
  door({
    method: 'GET',
    path: '/api/v1/organizations/:org/devices',
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the devices of all projects of an organization, by name',
    input: listDevicesQuery.extend(organizationAddress.shape),
    output: deviceList,
    status: 200,
    refusals,
    example: { params: { org: HERE.org }, query: { status: 'online' } },
    handle: (ctx, input, caller) => listDevices(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: PATH,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the devices of a project, by name',
    input: listDevicesQuery.extend(projectAddress.shape),
    output: deviceList,
    status: 200,
    refusals,
    example: { params: HERE, query: { page: '1', page_size: '20' } },
    handle: (ctx, input, caller) => listDevices(ctx, caller, input),
  }),
]

function creating(path: string, summary: string): Door {
  return door({
    method: 'POST',
    path,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary,
    input: createDeviceInput,
    output: device,
    status: 201,
    refusals: withBody,
    example: {
      params: HERE,
      body: { name: 'arm-7', dsn: 'SN-0042', type: 'arm', environment: 'production' },
    },
    handle: (ctx, input, caller) => createDevice(ctx, caller, input),
  })
}

const management: Door[] = [
  creating(PATH, 'Add a device to a project, or confirm the one of that name'),
  creating(`${PATH}/register-offline`, 'Register a device before it has ever been heard of'),
  door({
    method: 'GET',
    path: `${PATH}/:device`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Read a device, named by its name or id',
    input: deviceAddress,
    output: deviceDetail,
    status: 200,
    refusals,
    example: { params: ARM_7 },
    handle: (ctx, input, caller) => getDevice(ctx, caller, input),
  }),
  door({
    method: 'PATCH',
    path: `${PATH}/:device`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Change a device; its old name goes on meaning it in the robot of episodes',
    input: changeDeviceInput,
    output: deviceDetail,
    status: 200,
    refusals: withBody,
    example: { params: ARM_7, body: { environment: 'staging' } },
    handle: (ctx, input, caller) => updateDevice(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:device`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Remove a device; nobody logs in to it any more, and its API keys end. Its episodes stay',
    input: deviceAddress,
    output: removedDevice,
    status: 200,
    refusals,
    example: { params: ARM_7 },
    handle: (ctx, input, caller) => removeDevice(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:device/health`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'The last 24 hours of a device in steps of five minutes',
    input: deviceAddress,
    output: deviceHealth,
    status: 200,
    refusals,
    example: { params: ARM_7 },
    handle: (ctx, input, caller) => readHealth(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:device/merge`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'A device turns out to be another one, which gets its name and its episodes',
    input: mergeDeviceInput,
    output: deviceDetail,
    status: 200,
    refusals: withBody,
    example: { params: { ...HERE, device: 'ur5e cell 2' }, body: { into: 'arm-7' } },
    handle: (ctx, input, caller) => mergeDevice(ctx, caller, input),
  }),
]

export const fleetDoors: Door[] = [...ofDevices, ...lists, ...management, ...doorKeyDoors, ...enrolmentDoors]
