import { AppError, type Code } from '../errors.ts'
import { originOf } from '../http/client-address.ts'
import { presentedKey } from '../http/credential.ts'
import { type Door, door, streamDoor } from '../http/door.ts'
import { cutPage } from '../http/paging.ts'
import { admitEnrolledAgain, admitFailure } from '../http/rate-limit.ts'
import { sendJson } from '../http/send-json.ts'
import {
  deviceGroup,
  deviceGroupList,
  enrolledDevice,
  enrolmentToken,
  enrolmentTokenList,
  madeEnrolmentToken,
  removedGroup,
} from './answers.ts'
import { enrollDevice } from './enroll.ts'
import { enrolledWith } from './enrolment-door.ts'
import { makeEnrolmentToken, pageEnrolmentTokens, revokeEnrolmentToken } from './enrolment-tokens.ts'
import { createGroup, getGroup, listGroups, removeGroup, updateGroup } from './groups.ts'
import {
  createGroupInput,
  enrollInput,
  groupAddress,
  makeTokenInput,
  projectPage,
  tokenAddress,
  updateGroupInput,
} from './schema.ts'

const PROJECT = '/api/v1/organizations/:org/projects/:project'
const HERE = { org: 'acme', project: 'default' }
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']
const withBody: Code[] = [...refusals, 'conflict', 'too_large', 'unsupported_media_type']

const groups: Door[] = [
  door({
    method: 'GET',
    path: `${PROJECT}/device-groups`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the device groups of a project, by name',
    input: projectPage,
    output: deviceGroupList,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: async (ctx, input, caller) => cutPage(await listGroups(ctx, caller, input), input),
  }),
  door({
    method: 'POST',
    path: `${PROJECT}/device-groups`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Make a device group',
    input: createGroupInput,
    output: deviceGroup,
    status: 201,
    refusals: withBody,
    example: { params: HERE, body: { name: 'cell 2', description: 'The two arms by the window' } },
    handle: (ctx, input, caller) => createGroup(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PROJECT}/device-groups/:group`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Read a device group, named by its name or id',
    input: groupAddress,
    output: deviceGroup,
    status: 200,
    refusals,
    example: { params: { ...HERE, group: 'cell 2' } },
    handle: (ctx, input, caller) => getGroup(ctx, caller, input),
  }),
  door({
    method: 'PATCH',
    path: `${PROJECT}/device-groups/:group`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Rename or describe a device group',
    input: updateGroupInput,
    output: deviceGroup,
    status: 200,
    refusals: withBody,
    example: { params: { ...HERE, group: 'cell 2' }, body: { description: 'The arms by the window' } },
    handle: (ctx, input, caller) => updateGroup(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PROJECT}/device-groups/:group`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Remove a device group; its devices stay',
    input: groupAddress,
    output: removedGroup,
    status: 200,
    refusals,
    example: { params: { ...HERE, group: 'cell 2' } },
    handle: (ctx, input, caller) => removeGroup(ctx, caller, input),
  }),
]

const tokens: Door[] = [
  door({
    method: 'GET',
    path: `${PROJECT}/enrolment-tokens`,
    caller: 'credential',
    scope: 'fleet:read',
    summary: 'List the enrolment tokens of a project, newest first',
    input: projectPage,
    output: enrolmentTokenList,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: (ctx, input, caller) => pageEnrolmentTokens(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PROJECT}/enrolment-tokens`,
    // The portal asks for the password again before it makes one, and its cookie would be a way around that here.
    caller: 'credential',
    scope: 'fleet:write',
    summary: 'Make a text that robots swap for keys of their own; it is in this answer and nowhere else',
    input: makeTokenInput,
    output: madeEnrolmentToken,
    status: 201,
    refusals: [...withBody, 'step_up_required'],
    example: { params: HERE, body: { label: 'cell 2', uses: 50, expires_in: 3600, type: 'arm' } },
    handle: (ctx, input, caller) => makeEnrolmentToken(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PROJECT}/enrolment-tokens/:token`,
    caller: 'credential',
    scope: 'fleet:write',
    summary: 'Revoke an enrolment token; devices that it let in keep their keys',
    input: tokenAddress,
    output: enrolmentToken,
    status: 200,
    refusals,
    example: { params: { ...HERE, token: '0000000000' } },
    handle: (ctx, input, caller) => revokeEnrolmentToken(ctx, caller, input),
  }),
]

const enroll = streamDoor({
  method: 'POST',
  path: '/api/v1/devices/enroll',
  caller: 'anyone',
  summary: 'Swap an enrolment token, sent as Authorization: Bearer, for a device and its own key',
  unlimited:
    'A hundred robots of one cell start at once behind one address; a wrong token costs its network, and a device that enrols again and again waits.',
  input: enrollInput,
  status: 200,
  answers: 'the device and its key',
  refusals: ['unauthenticated', 'rate_limited', 'conflict', 'too_large', 'unsupported_media_type'],
  example: { body: { name: 'arm-7', dsn: 'SN-0042', nonce: 'f3a91c5e7b2d4068a1c3' } },
  async respond(ctx, input, _caller, { request, response }) {
    try {
      const token = presentedKey(request)
      const again = await enrolledWith(ctx, token, input.nonce)
      if (again !== undefined) await admitEnrolledAgain(ctx, request, again)
      const answer = await enrollDevice(ctx, token, input, originOf(request))
      if (!ctx.config.production) enrolledDevice.parse(answer)
      sendJson(response, 201, answer)
    } catch (error) {
      if (error instanceof AppError && error.code === 'unauthenticated') await admitFailure(ctx, request)
      throw error
    }
  },
})

/** JSON like its neighbours; it is a stream only to get at the header that no guard has read. */
export const enrolmentDoors: Door[] = [
  ...groups,
  ...tokens,
  { ...enroll, status: 201, output: enrolledDevice, answers: undefined },
]
