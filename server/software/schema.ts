import { z } from 'zod'
import type {
  Capsule,
  CapsuleList,
  CreatePackage,
  ListCapsules,
  ListPackages,
  Package,
  PackageList,
  RemovedCapsule,
  UploadedCapsule,
} from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { pageOf, paging } from '../http/paging.ts'
import { line } from '../http/text.ts'

const slugOrId = z.string().max(64)
const id = z.string().max(64)

export const projectAddress = z.object({ org: slugOrId, project: slugOrId })
export const capsuleAddress = projectAddress.extend({ capsule: id })
export const packageAddress = projectAddress.extend({ package: id })

const type = z.enum(['sw', 'hw', 'config'], 'must be sw, hw or config')

/** A file's own name is a label and nothing more: where its bytes lie, the server says. */
const fileName = line(1, 200).transform((name) => name.replace(/[\\/:*?"<>|]+/g, '-').replace(/^[.\s]+/, ''))

export const capsuleForm = z.object({
  name: line(1, 120),
  version: line(1, 64),
  type: type.default('sw'),
  file_name: fileName,
})

/** What the documents say of the form. */
export const capsuleFormFields = z.object({
  file: z.string().meta({ format: 'binary', description: 'A .tar.gz or .zip' }),
  name: z.string(),
  version: z.string(),
  type: type.default('sw').optional(),
})

export const listCapsulesQuery = projectAddress.extend({
  name: z.string().max(120).optional(),
  type: type.optional(),
  ...paging,
} satisfies Record<keyof ListCapsules, z.ZodType>)

export const listPackagesQuery = projectAddress.extend({
  ...paging,
} satisfies Record<keyof ListPackages, z.ZodType>)

export const createPackageInput = accepts<CreatePackage>()(
  z.object({
    name: line(1, 120),
    description: line(0, 2_000).nullish(),
    capsule_ids: z
      .array(id, 'must be a list of capsule ids')
      .min(1, 'must name at least one capsule')
      .max(100, 'must have at most 100')
      .refine((ids) => new Set(ids).size === ids.length, 'must name each capsule once'),
    configuration_id: line(1, 64).nullish(),
  }),
).extend(projectAddress.shape)

const capsuleShape = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  type,
  size_bytes: z.number(),
  checksum: z.string(),
  file_name: z.string(),
  created_at: z.iso.datetime(),
  created_by: z.string(),
})
export const capsule = answers<Capsule>('Capsule')(capsuleShape)

export const uploadedCapsule = answers<UploadedCapsule>('UploadedCapsule')(
  capsuleShape.extend({ upload_url: z.null(), status: z.literal('ready') }),
)

export const capsuleList = answers<CapsuleList>('CapsuleList')(pageOf(capsuleShape))

export const removedCapsule = answers<RemovedCapsule>('RemovedCapsule')(
  z.object({ id: z.string(), removed_at: z.iso.datetime() }),
)

const packageShape = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  capsules: z.array(z.object({ id: z.string(), name: z.string(), version: z.string() })),
  configuration_id: z.string().nullable(),
  created_at: z.iso.datetime(),
})
export const packageDetail = answers<Package>('Package')(packageShape)
export const packageList = answers<PackageList>('PackageList')(pageOf(packageShape))
