import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { UploadedCapsule } from '../../sdk/wire.ts'
import { actorOf, recordEvent } from '../audit/audit.ts'
import type { StagedBlob } from '../blobs/blob-store.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { CapsulesTable } from '../db/schema.gen.ts'
import { AppError } from '../errors.ts'
import { cutWhenStalled, liftDeadline } from '../http/body-deadline.ts'
import { invalidInput } from '../http/fields.ts'
import { enter } from '../organizations/act-within.ts'
import { claimRoom } from '../quota/quota.ts'
import { accountBehind } from '../robots/robots.ts'
import { type ProjectAddress, refusePinned, toCapsule } from './capsules.ts'
import { type Form, readForm } from './form.ts'
import { capsuleForm } from './schema.ts'

/** What a form may hold beside its file, bytes. */
const FORM_BYTES = 64 * 1024

/** What an archive is told by: the end of its name, and its first bytes. */
const ARCHIVES = [
  { ends: /\.(tar\.gz|tgz)$/i, begins: Buffer.from([0x1f, 0x8b]), extension: 'tar.gz' },
  { ends: /\.zip$/i, begins: Buffer.from('PK\x03\x04'), extension: 'zip' },
] as const
type Archive = (typeof ARCHIVES)[number]

/**
 * Takes a capsule: one file with its name, version and type, as a form. The bytes are hashed and on the disk before the
 * answer; a form that is refused, or that breaks off, leaves nothing behind.
 *
 * @throws AppError unsupported_media_type, length_required, too_large, storage_full, quota_exceeded, invalid_request for
 *   what is no archive; conflict for a version that is there already; forbidden for keys that are pinned to a device
 */
export async function uploadCapsule(
  ctx: AppContext,
  caller: Caller,
  input: ProjectAddress,
  request: IncomingMessage,
): Promise<UploadedCapsule> {
  const place = await enter(ctx, caller, input, 'fleet:write')
  refusePinned(caller)
  const size = announcedSize(request, ctx.config.max_upload_bytes)
  const over = await claimRoom(ctx, place.organization_id, size)
  try {
    return await take(ctx, caller, place, request, size)
  } finally {
    over()
  }
}

async function take(
  ctx: AppContext,
  caller: Caller,
  place: { organization_id: string; project_id: string },
  request: IncomingMessage,
  size: number,
): Promise<UploadedCapsule> {
  liftDeadline(request)
  cutWhenStalled(request, ctx.config.upload_idle_s)
  const staging: StagedBlob[] = []
  const form = await readForm(request, ctx.config.max_upload_bytes, async (bytes, name) => {
    const archive = archiveOf(name)
    const staged = await ctx.blobs.stage(Readable.from(checked(bytes, archive)), size, 'at_most')
    staging.push(staged)
    return { staged, archive }
  }).catch(async (error: unknown) => {
    await Promise.all(staging.map((staged) => staged.discard()))
    throw error
  })
  return keep(ctx, caller, place, form)
}

/** @throws AppError before the first byte is read */
function announcedSize({ headers }: IncomingMessage, max: number): number {
  if (!/^multipart\/form-data\s*;/i.test(headers['content-type'] ?? '')) {
    throw new AppError('unsupported_media_type', 'Send the file as multipart/form-data.')
  }
  const length = headers['content-length']
  if (length === undefined || headers['transfer-encoding'] !== undefined)
    throw new AppError('length_required')
  if (Number(length) > max + FORM_BYTES) throw tooLarge(max)
  return Number(length)
}

function tooLarge(max: number): AppError {
  return new AppError('too_large', `The file is larger than ${max} bytes, the most this server accepts.`)
}

function archiveOf(name: string): Archive {
  const found = ARCHIVES.find(({ ends }) => ends.test(name))
  if (!found) throw wrong('must be an archive whose name ends in .tar.gz, .tgz or .zip')
  return found
}

function wrong(message: string): AppError {
  return new AppError('invalid_request', `file: ${message}`, { errors: [{ path: 'file', message }] })
}

/** The same bytes, as long as they begin as they must and there are not too many of them. */
async function* checked(bytes: Readable & { truncated?: boolean }, archive: Archive): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of bytes) {
    const part: Buffer = chunk
    if (head === undefined) {
      yield part
      continue
    }
    head = Buffer.concat([head, part])
    if (head.length < archive.begins.length) continue
    requireArchive(head, archive)
    yield head
    head = undefined
  }
  if (head !== undefined) requireArchive(head, archive)
  if (bytes.truncated) throw new AppError('too_large')
}

function requireArchive(head: Buffer, { begins, extension }: Archive): void {
  if (head.subarray(0, begins.length).equals(begins)) return
  throw wrong(`is called .${extension} and is no such archive`)
}

type Taken = Form<{ staged: StagedBlob; archive: Archive }>

/** From here on the bytes are here, whole; they stay only if the row does. */
async function keep(
  ctx: AppContext,
  caller: Caller,
  { organization_id, project_id }: { organization_id: string; project_id: string },
  { fields, file }: Taken,
): Promise<UploadedCapsule> {
  if (!file) throw wrong('is missing. Send the archive in this field')
  const { staged, archive } = file.stored
  const id = newId('cap')
  const blob_key = `capsules/${organization_id}/${id}/${randomBytes(8).toString('hex')}.${archive.extension}`
  try {
    const parsed = capsuleForm.safeParse({ ...fields, file_name: file.name })
    if (!parsed.success) throw invalidInput(parsed.error)
    const row: CapsulesTable = {
      ...{ id, organization_id, project_id, ...parsed.data, blob_key },
      ...{ size_bytes: staged.size_bytes, sha256: staged.sha256, removed_at: null },
      ...{ created_by: await accountBehind(ctx, caller), created_at: ctx.now().toISOString() },
    }
    await staged.commit(blob_key)
    await insert(ctx, caller, row)
    return { ...toCapsule(row), upload_url: null, status: 'ready' }
  } catch (error) {
    await staged.discard()
    await ctx.blobs.remove(blob_key)
    throw error
  }
}

async function insert(ctx: Pick<AppContext, 'db'>, caller: Caller, row: CapsulesTable): Promise<void> {
  const { id, name, version, organization_id, created_at } = row
  await ctx.db.transaction().execute(async (trx) => {
    await trx
      .insertInto('capsules')
      .values(row)
      .execute()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? versionTaken() : error
      })
    await recordEvent(trx, created_at, {
      action: 'capsule.uploaded',
      actor: actorOf(caller),
      organization_id,
      target: id,
      detail: { name, version, bytes: row.size_bytes },
    })
  })
}

function versionTaken(): AppError {
  const message = 'is there already for this name. A version never changes: choose another one'
  return new AppError('conflict', `version: ${message}`, { errors: [{ path: 'version', message }] })
}
