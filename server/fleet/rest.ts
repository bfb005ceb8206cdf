import { type Door, door, streamDoor } from '../http/door.ts'
import { readAuthorizedKeys } from './authorized-keys.ts'
import { createDevice, getDevice, listAllDevices, listDevices, removeDevice } from './devices.ts'
import {
  authorizedKeysQuery,
  createDeviceInput,
  device,
  deviceAddress,
  deviceList,
  organizationAddress,
  projectAddress,
  removedDevice,
} from './schema.ts'

const PATH = '/api/v1/organizations/:org/projects/:project/devices'
const HERE = { org: 'acme', project: 'default' }

export const fleetDoors: Door[] = [
  streamDoor({
    method: 'GET',
    path: `${PATH}/:device/authorized_keys`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Who may log in to a device by SSH, as sshd reads it',
    input: authorizedKeysQuery,
    status: 200,
    answers: 'authorized_keys text with an ETag; 304 when If-None-Match names it',
    refusals: ['not_found', 'forbidden', 'insufficient_scope'],
    example: { params: { ...HERE, device: 'arm-7' } },
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
  door({
    method: 'GET',
    path: '/api/v1/organizations/:org/devices',
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the devices of all projects of an organization',
    input: organizationAddress,
    output: deviceList,
    status: 200,
    refusals: ['not_found', 'forbidden', 'insufficient_scope'],
    example: { params: { org: HERE.org } },
    handle: (ctx, input, caller) => listAllDevices(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: PATH,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the devices of a project',
    input: projectAddress,
    output: deviceList,
    status: 200,
    refusals: ['not_found', 'forbidden', 'insufficient_scope'],
    example: { params: HERE },
    handle: (ctx, input, caller) => listDevices(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: PATH,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Add a device to a project',
    input: createDeviceInput,
    output: device,
    status: 201,
    refusals: [
      'not_found',
      'forbidden',
      'insufficient_scope',
      'conflict',
      'too_large',
      'unsupported_media_type',
    ],
    example: { params: HERE, body: { name: 'arm-7' } },
    handle: (ctx, input, caller) => createDevice(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:device`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Read a device, named by its name or id',
    input: deviceAddress,
    output: device,
    status: 200,
    refusals: ['not_found', 'forbidden', 'insufficient_scope'],
    example: { params: { ...HERE, device: 'arm-7' } },
    handle: (ctx, input, caller) => getDevice(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:device`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Remove a device; nobody logs in to it any more, and its API keys end',
    input: deviceAddress,
    output: removedDevice,
    status: 200,
    refusals: ['not_found', 'forbidden', 'insufficient_scope'],
    example: { params: { ...HERE, device: 'arm-7' } },
    handle: (ctx, input, caller) => removeDevice(ctx, caller, input),
  }),
]

/**
 * RFC 9110 section 13.1.2, compared weakly. Express's own check gives up when the request says `no-cache`, which
 * fetch adds by itself to every request with a condition.
 */
function hasTag(condition: string | undefined, etag: string): boolean {
  return (condition ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
