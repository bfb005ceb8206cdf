import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Request, Response } from 'express'
import { checkLink, GET_SECONDS, signLink } from '../blobs/signed-url.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { mayStill } from '../credentials/credentials.ts'
import type { ArtifactsTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { requestIds } from '../http/request-log.ts'
import { ARTIFACT_KINDS, KIND_NAMES, kindOfFile } from './artifact-kinds.ts'
import { getEpisodeRow } from './episodes.ts'
import { signedPathOf } from './links.ts'
import { type ByteRange, hasAlready, wantedRange } from './range.ts'

/**
 * A signed link, good for one hour, to an artifact that the caller may read.
 *
 * @throws AppError not_found when the episode or the slot is empty, and for kinds that do not exist
 */
export async function signArtifact(
  ctx: Pick<AppContext, 'db' | 'now' | 'signing' | 'config'>,
  caller: Caller,
  input: { id: string; kind: string; download?: '0' | '1' | undefined },
): Promise<string> {
  const episode = await getEpisodeRow(ctx, caller, input.id)
  const kind = KIND_NAMES.find((name) => name === input.kind)
  const artifact = kind && (await findArtifact(ctx, episode.id, kind))
  if (!artifact) throw new AppError('not_found', 'This episode has no such artifact.')
  const { organization_id, id: episode_id } = episode
  return signLink(ctx, {
    method: 'GET',
    path: signedPathOf({ organization_id, episode_id, kind: artifact.kind }),
    artifact: artifact.kind,
    content_type: ARTIFACT_KINDS[artifact.kind].content_type,
    // Only a video is meant for a browser's own player; anything else a browser might try to run.
    terms: artifact.kind === 'video' && input.download !== '1' ? 'inline' : 'attachment',
    by: caller.credential.id,
    expires: Math.floor(ctx.now().getTime() / 1000) + GET_SECONDS,
  })
}

/**
 * Answers a signed GET or HEAD with the bytes, a part of them, or 304.
 *
 * @throws AppError bad_signature, method_not_allowed, not_found (also when the stored bytes are gone from the disk),
 *   range_not_satisfiable
 */
export async function sendArtifact(
  ctx: Pick<AppContext, 'db' | 'now' | 'signing' | 'blobs' | 'log'>,
  named: { organization_id: string; episode_id: string; file: string },
  { request, response }: { request: Request; response: Response },
): Promise<void> {
  const kind = kindOfFile(named.file)
  if (!kind) throw new AppError('bad_signature')
  const { content_type } = ARTIFACT_KINDS[kind]
  const link = checkLink(
    ctx,
    { method: request.method, url: request.originalUrl },
    { artifact: kind, content_type },
  )
  // A link outlives neither its hour nor the credential it was given to.
  const { organization_id } = named
  if (!(await mayStill(ctx, link.by, { organization_id, scope: 'episodes:read' })))
    throw new AppError('bad_signature')
  const artifact = await findArtifact(ctx, named.episode_id, kind)
  if (!artifact) throw new AppError('not_found', 'This episode has no such artifact.')
  const etag = `"${artifact.sha256}"`
  if (hasAlready(request.headers['if-none-match'], etag)) {
    response.setHeader('ETag', etag)
    response.status(304).end()
    return
  }
  const range = wantedRange(request, artifact.size_bytes, etag)
  if (range === 'unsatisfiable') {
    response.setHeader('Content-Range', `bytes */${artifact.size_bytes}`)
    throw new AppError('range_not_satisfiable')
  }
  const downloadAs = link.terms === 'inline' ? undefined : await fileName(ctx, artifact)
  // Opened before anything is said about them: a header that describes bytes which are gone would be a lie.
  const bytes = await openBytes(ctx, artifact, range, { request, response })
  describe(response, artifact, downloadAs)
  response.setHeader('ETag', etag)
  // A player asks again for each part; it may keep what it has as long as the bytes are the same.
  response.setHeader('Cache-Control', 'private, no-cache')
  await sendBytes(response, bytes, { size: artifact.size_bytes, range })
}

/** The wanted part; undefined when no byte of it is to be sent (HEAD, or an empty artifact). */
async function openBytes(
  ctx: Pick<AppContext, 'blobs' | 'log'>,
  { blob_key, size_bytes }: ArtifactsTable,
  range: ByteRange | undefined,
  { request, response }: { request: Request; response: Response },
): Promise<Readable | undefined> {
  const held = await ctx.blobs.head(blob_key)
  if (held === size_bytes) {
    if (request.method === 'HEAD' || size_bytes === 0) return undefined
    return ctx.blobs.open(blob_key, range ?? { start: 0, end: size_bytes - 1 })
  }
  const found = { blob_key, size_bytes, found_bytes: held ?? null }
  ctx.log.error({ ...requestIds(response), ...found }, 'stored bytes are missing')
  throw new AppError('not_found', 'The stored bytes of this artifact are missing on the server.')
}

async function sendBytes(
  response: Response,
  bytes: Readable | undefined,
  { size, range }: { size: number; range: ByteRange | undefined },
): Promise<void> {
  const { start, end } = range ?? { start: 0, end: size - 1 }
  response.statusCode = range ? 206 : 200
  response.setHeader('Content-Length', end - start + 1)
  if (range) response.setHeader('Content-Range', `bytes ${start}-${end}/${size}`)
  if (!bytes) {
    response.end()
    return
  }
  // A viewer that closes the page in the middle is no error; a disk that cannot be read is one.
  await pipeline(bytes, response).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ERR_STREAM_PREMATURE_CLOSE'))
      throw error
  })
}

/** Uploaded bytes are never run: no sniffing, no scripts, no embedding by another site. */
function describe(response: Response, artifact: ArtifactsTable, downloadAs: string | undefined): void {
  if (downloadAs === undefined) response.setHeader('Content-Disposition', 'inline')
  else response.attachment(downloadAs)
  response.setHeader('Content-Type', artifact.content_type)
  response.setHeader('Accept-Ranges', 'bytes')
  response.setHeader('X-Content-Type-Options', 'nosniff')
  response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'")
  response.setHeader('Cross-Origin-Resource-Policy', 'same-origin')
}

/** What a browser saves it as: the episode's name where it has one. */
async function fileName(ctx: Pick<AppContext, 'db'>, artifact: ArtifactsTable): Promise<string> {
  const episode = await ctx.db
    .selectFrom('episodes')
    .select('name')
    .where('id', '=', artifact.episode_id)
    .executeTakeFirst()
  // Separators would be read as folders, and a leading dot hides a file.
  const name = (episode?.name ?? '').replace(/[\\/:*?"<>|]+/g, '-').replace(/^[.\s]+/, '')
  return `${name || artifact.episode_id} ${ARTIFACT_KINDS[artifact.kind].file}`
}

async function findArtifact(
  ctx: Pick<AppContext, 'db'>,
  episode_id: string,
  kind: ArtifactsTable['kind'],
): Promise<ArtifactsTable | undefined> {
  return ctx.db
    .selectFrom('artifacts')
    .selectAll()
    .where('episode_id', '=', episode_id)
    .where('kind', '=', kind)
    .executeTakeFirst()
}
