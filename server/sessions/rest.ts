import type { Code } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { addLogs, readLogs } from './logs.ts'
import {
  addedLogs,
  addLogsInput,
  deletedSession,
  listLogsQuery,
  listSessionsQuery,
  logPage,
  sessionAddress,
  sessionArtifacts,
  sessionDetail,
  sessionList,
  sessionTags,
  tagAddress,
  tagInput,
} from './schema.ts'
import {
  deleteSession,
  findSession,
  getSession,
  listSessionArtifacts,
  listSessions,
  trashSession,
} from './sessions.ts'
import { addTag, removeTag } from './tags.ts'

const PATH = '/api/v1/organizations/:org/projects/:project/sessions'
const HERE = { org: 'acme', project: 'default' }
const ONE = { ...HERE, id: '$id' }
const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']
const withBody: Code[] = [...refusals, 'conflict', 'too_large', 'unsupported_media_type']

export const sessionDoors: Door[] = [
  door({
    method: 'POST',
    path: `${PATH}/:id/logs`,
    caller: 'key_or_person',
    scope: 'episodes:write',
    summary: 'Append lines to the log of a session',
    input: addLogsInput,
    output: addedLogs,
    status: 201,
    refusals: withBody,
    example: {
      params: ONE,
      body: {
        entries: [
          { at: '2026-11-03T09:30:00.250Z', level: 'warn', module: 'gripper', message: 'slip detected' },
        ],
      },
    },
    async handle(ctx, { entries, ...address }, caller) {
      const { id } = await findSession(ctx, caller, address, 'episodes:write')
      return addLogs(ctx, id, entries)
    },
  }),
  door({
    method: 'GET',
    path: `${PATH}/:id/logs`,
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'Read and search the log of a session',
    input: listLogsQuery,
    output: logPage,
    status: 200,
    refusals,
    example: { params: ONE, query: { level: 'warn', search: 'slip', limit: '50' } },
    async handle(ctx, input, caller) {
      const { id } = await findSession(ctx, caller, input, 'episodes:read')
      return readLogs(ctx, id, input)
    },
  }),
  door({
    method: 'GET',
    path: PATH,
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'List the sessions of a project, newest first',
    input: listSessionsQuery,
    output: sessionList,
    status: 200,
    refusals,
    example: { params: HERE, query: { status: 'completed', page: '1', page_size: '20' } },
    handle: (ctx, input, caller) => listSessions(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:id`,
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'Read a session with what it holds',
    input: sessionAddress,
    output: sessionDetail,
    status: 200,
    refusals,
    example: { params: ONE },
    handle: (ctx, input, caller) => getSession(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:id`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Delete a session for good, with its artifacts, logs and tags',
    input: sessionAddress,
    output: deletedSession,
    status: 200,
    refusals,
    example: { params: ONE },
    handle: (ctx, input, caller) => deleteSession(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:id/trash`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Move a session to the trash, from where it goes for good after some days',
    input: sessionAddress,
    output: sessionDetail,
    status: 200,
    refusals,
    example: { params: ONE },
    handle: (ctx, input, caller) => trashSession(ctx, caller, { ...input, trashed: true }),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:id/restore`,
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Take a session from the trash, as it was',
    input: sessionAddress,
    output: sessionDetail,
    status: 200,
    refusals,
    example: { params: ONE },
    handle: (ctx, input, caller) => trashSession(ctx, caller, { ...input, trashed: false }),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:id/artifacts`,
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'List the artifacts of a session',
    input: sessionAddress,
    output: sessionArtifacts,
    status: 200,
    refusals,
    example: { params: ONE },
    handle: (ctx, input, caller) => listSessionArtifacts(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:id/tags`,
    caller: 'key_or_person',
    scope: 'episodes:write',
    summary: 'Give a session a tag',
    input: tagInput,
    output: sessionTags,
    status: 200,
    refusals: withBody,
    example: { params: ONE, body: { tag: 'night shift' } },
    async handle(ctx, { tag, ...address }, caller) {
      const { id } = await findSession(ctx, caller, address, 'episodes:write')
      return addTag(ctx, id, tag)
    },
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:id/tags/:tag`,
    caller: 'key_or_person',
    scope: 'episodes:write',
    summary: 'Take a tag from a session',
    input: tagAddress,
    output: sessionTags,
    status: 200,
    refusals: [...refusals, 'conflict'],
    example: { params: { ...ONE, tag: 'night shift' } },
    async handle(ctx, { tag, ...address }, caller) {
      const { id } = await findSession(ctx, caller, address, 'episodes:write')
      return removeTag(ctx, id, tag)
    },
  }),
]
