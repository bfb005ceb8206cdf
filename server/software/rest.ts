import type { Code } from '../errors.ts'
import { type Door, door, streamDoor } from '../http/door.ts'
import { sendJson } from '../http/send-json.ts'
import { getCapsule, listCapsules, removeCapsule } from './capsules.ts'
import { sendCapsule } from './download.ts'
import { createPackage, getPackage, listPackages } from './packages.ts'
import {
  capsule,
  capsuleAddress,
  capsuleFormFields,
  capsuleList,
  createPackageInput,
  listCapsulesQuery,
  listPackagesQuery,
  packageAddress,
  packageDetail,
  packageList,
  projectAddress,
  removedCapsule,
  uploadedCapsule,
} from './schema.ts'
import { uploadCapsule } from './upload.ts'

const PROJECT = '/api/v1/organizations/:org/projects/:project'
const HERE = { org: 'acme', project: 'default' }
const CAPSULE = { ...HERE, capsule: '$capsule' }
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']

export const softwareDoors: Door[] = [
  door({
    method: 'GET',
    path: `${PROJECT}/capsules`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the capsules of a project, newest first',
    input: listCapsulesQuery,
    output: capsuleList,
    status: 200,
    refusals,
    example: { params: HERE, query: { type: 'sw' } },
    handle: (ctx, input, caller) => listCapsules(ctx, caller, input),
  }),
  streamDoor({
    method: 'POST',
    path: `${PROJECT}/capsules`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Upload a capsule: a .tar.gz or .zip with its name, version and type',
    input: projectAddress,
    form: capsuleFormFields,
    status: 201,
    answers: 'The capsule as JSON, with upload_url null and status ready',
    refusals: [
      ...refusals,
      'conflict',
      'length_required',
      'too_large',
      'unsupported_media_type',
      'storage_full',
      'quota_exceeded',
    ],
    example: {
      params: HERE,
      body: {
        file: '(the bytes of navigation-1.4.2.tar.gz)',
        name: 'navigation',
        version: '1.4.2',
        type: 'sw',
      },
    },
    output: uploadedCapsule,
    async respond(ctx, input, caller, { request, response }) {
      sendJson(response, 201, await uploadCapsule(ctx, caller, input, request))
    },
  }),
  door({
    method: 'GET',
    path: `${PROJECT}/capsules/:capsule`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Read a capsule',
    input: capsuleAddress,
    output: capsule,
    status: 200,
    refusals,
    example: { params: CAPSULE },
    handle: (ctx, input, caller) => getCapsule(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PROJECT}/capsules/:capsule`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Remove a capsule that no package holds',
    input: capsuleAddress,
    output: removedCapsule,
    status: 200,
    refusals: [...refusals, 'conflict'],
    example: { params: CAPSULE },
    handle: (ctx, input, caller) => removeCapsule(ctx, caller, input),
  }),
  streamDoor({
    method: 'GET',
    path: `${PROJECT}/capsules/:capsule/download`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Download the file of a capsule',
    input: capsuleAddress,
    status: 200,
    answers: 'The bytes, as an attachment',
    refusals,
    example: { params: CAPSULE },
    respond: (ctx, input, caller, http) => sendCapsule(ctx, caller, input, http),
  }),
  door({
    method: 'GET',
    path: `${PROJECT}/packages`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'List the packages of a project, newest first',
    input: listPackagesQuery,
    output: packageList,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: (ctx, input, caller) => listPackages(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PROJECT}/packages`,
    caller: 'key_or_person',
    scope: 'fleet:write',
    summary: 'Put capsules together that are installed together',
    input: createPackageInput,
    output: packageDetail,
    status: 201,
    refusals: [...refusals, 'too_large', 'unsupported_media_type'],
    example: {
      params: HERE,
      body: { name: 'picking stack', description: 'nav and grasping', capsule_ids: ['$capsule'] },
    },
    handle: (ctx, input, caller) => createPackage(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PROJECT}/packages/:package`,
    caller: 'key_or_person',
    scope: 'fleet:read',
    summary: 'Read a package',
    input: packageAddress,
    output: packageDetail,
    status: 200,
    refusals,
    example: { params: { ...HERE, package: '$package' } },
    handle: (ctx, input, caller) => getPackage(ctx, caller, input),
  }),
]
