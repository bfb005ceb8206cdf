import { z } from 'zod'
import type {
  CreateProject,
  EditOrganization,
  EditProject,
  OrganizationBody,
  OrganizationList,
  ProjectBody,
  ProjectList,
} from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { pageOf, paging } from '../http/paging.ts'
import { line } from '../http/text.ts'

const slugOrId = z.string().max(64)

export const slug = z
  .string()
  .max(48, 'must have at most 48 characters')
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lower-case letters, digits and single hyphens, such as halcyon-lab',
  )

export const pageInput = z.object(paging)
export const organizationAddress = z.object({ org: slugOrId })
export const projectAddress = organizationAddress.extend({ project: slugOrId })

export const editOrganization = accepts<EditOrganization>()(z.object({ name: line(1, 80) }))
export const createProjectBody = accepts<CreateProject>()(
  z.object({ name: line(1, 80), slug: slug.optional() }),
)
export const editProject = accepts<EditProject>()(
  z.object({ name: line(1, 80).optional(), archived: z.boolean('must be true or false').optional() }),
)

export const organization = answers<OrganizationBody>('Organization')(
  z.object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    role: z.enum(['owner', 'admin', 'member', 'viewer']).nullable(),
    second_factor_required: z.boolean(),
    created_at: z.iso.datetime(),
  }),
)
export const organizationList = answers<OrganizationList>('OrganizationList')(pageOf(organization))

export const project = answers<ProjectBody>('Project')(
  z.object({
    id: z.string(),
    slug: z.string(),
    name: z.string(),
    organization: z.string(),
    episode_count: z.number(),
    device_count: z.number(),
    created_at: z.iso.datetime(),
    archived_at: z.iso.datetime().nullable(),
  }),
)
export const projectList = answers<ProjectList>('ProjectList')(pageOf(project))
