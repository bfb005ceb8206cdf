import type { Door } from '../http/door.ts'
import { door, streamDoor } from '../http/door.ts'
import { sendJson } from '../http/send-json.ts'
import { enter } from '../organizations/act-within.ts'
import { refusePinned } from '../organizations/permissions.ts'
import { sendArtifact, signArtifact } from './artifacts.ts'
import { getEpisode, startEpisode } from './episodes.ts'
import { finalizeEpisode } from './finalize.ts'
import { listEpisodes } from './list.ts'
import {
  artifactQuery,
  episodeDetail,
  episodeId,
  episodePage,
  finalizedEpisode,
  finalizeEpisodeInput,
  listEpisodesQuery,
  signedPath,
  startEpisodeInput,
  startedEpisode,
  trashPage,
  trashQuery,
} from './schema.ts'
import { listTrash } from './trash-list.ts'
import { storeArtifact } from './uploads.ts'

const SIGNED_PATH = '/api/blobs/episodes/:organization_id/:episode_id/:file'

/** No example of a signed link succeeds as written: its signature is made for one moment and one server. */
const SIGNED_EXAMPLE = {
  params: {
    organization_id: '5f0c6c4e-8f0e-4a53-9a3f-3c1d7f0a2b11',
    episode_id: '$id',
    file: 'video.mp4',
  },
}

export const episodeDoors: Door[] = [
  door({
    method: 'POST',
    path: '/api/ingest/episode',
    caller: 'organization',
    scope: 'episodes:write',
    summary: 'Start an episode and get a signed upload link for each requested slot',
    input: startEpisodeInput,
    output: startedEpisode,
    status: 201,
    refusals: ['too_large', 'unsupported_media_type'],
    example: {
      body: {
        name: 'pick_and_place v3',
        source: 'real',
        robot: 'arm-7',
        policy_version: 'pap-v3.2.1',
        env_version: 'cell-2',
        git_sha: '9f8e7d6',
        seed: 42,
        fps: 30,
        metadata: { task: 'red block to bin' },
        request_uploads: ['video', 'sensors', 'actions'],
      },
    },
    async handle(ctx, input, caller) {
      const started = await startEpisode(ctx, caller, input)
      ctx.metrics?.episodeStarted()
      return started
    },
  }),
  door({
    method: 'POST',
    path: '/api/ingest/episode/:id/finalize',
    caller: 'organization',
    scope: 'episodes:write',
    summary: 'End an episode as ready or failed',
    unlimited: 'An episode that is not finalized is lost to its reader.',
    input: finalizeEpisodeInput,
    output: finalizedEpisode,
    status: 200,
    refusals: ['not_found', 'conflict', 'too_large', 'unsupported_media_type'],
    example: {
      params: { id: '$id' },
      body: { status: 'ready', duration_s: 12.4, metadata: { success: true } },
    },
    handle: (ctx, input, caller) => finalizeEpisode(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: '/api/episodes',
    caller: 'organization',
    scope: 'episodes:read',
    summary: 'List episodes, newest first',
    input: listEpisodesQuery,
    output: episodePage,
    status: 200,
    example: { query: { status: 'ready', limit: '20' } },
    handle: (ctx, input, caller) => listEpisodes(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: '/api/episodes/:id',
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'Read an episode with its metadata and artifacts',
    input: episodeId,
    output: episodeDetail,
    status: 200,
    refusals: ['not_found'],
    example: { params: { id: '$id' } },
    handle: (ctx, input, caller) => getEpisode(ctx, caller, input.id),
  }),
  door({
    method: 'GET',
    path: '/api/v1/organizations/:org/trash',
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'List what is in the trash of an organization, what went there last first',
    input: trashQuery,
    output: trashPage,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope', 'not_found'],
    example: { params: { org: 'acme' }, query: { page_size: '20' } },
    async handle(ctx, { org, ...asked }, caller) {
      const { organization_id } = await enter(ctx, caller, { org }, 'episodes:read')
      refusePinned(caller, 'the trash')
      return listTrash(ctx, organization_id, asked)
    },
  }),
  streamDoor({
    method: 'GET',
    path: '/api/episodes/:id/artifact/:kind',
    caller: 'key_or_person',
    scope: 'episodes:read',
    summary: 'Read an artifact: redirects to a signed link, valid one hour',
    input: artifactQuery,
    status: 302,
    answers: 'Location of the bytes',
    refusals: ['not_found'],
    example: { params: { id: '$id', kind: 'video' } },
    async respond(ctx, input, caller, { response }) {
      const link = await signArtifact(ctx, caller, input)
      response.setHeader('Cache-Control', 'no-store')
      response.setHeader('Location', link)
      response.status(302).end()
    },
  }),
  streamDoor({
    method: 'PUT',
    path: SIGNED_PATH,
    caller: 'anyone',
    summary: 'Upload an artifact with the signed link that starting the episode gave',
    unlimited: 'A refused upload loses recorded data; starting the episode was counted.',
    input: signedPath,
    status: 200,
    answers: 'The stored artifact as JSON',
    refusals: [
      'bad_signature',
      'not_found',
      'method_not_allowed',
      'conflict',
      'length_required',
      'too_large',
      'unsupported_media_type',
      'storage_full',
      'quota_exceeded',
    ],
    example: SIGNED_EXAMPLE,
    async respond(ctx, input, _caller, { request, response }) {
      const artifact = await storeArtifact(ctx, input, request)
      response.setHeader('ETag', `"${artifact.sha256}"`)
      sendJson(response, 200, artifact)
    },
  }),
  streamDoor({
    method: 'GET',
    path: SIGNED_PATH,
    caller: 'anyone',
    summary: 'Read the bytes of an artifact with a signed link; ranges are answered',
    unlimited: 'A player asks for many ranges; asking for the link was counted.',
    input: signedPath,
    status: 200,
    answers: 'The bytes',
    refusals: ['bad_signature', 'not_found', 'method_not_allowed', 'range_not_satisfiable'],
    example: SIGNED_EXAMPLE,
    respond: (ctx, input, _caller, http) => sendArtifact(ctx, input, http),
  }),
]
