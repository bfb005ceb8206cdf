import { z } from 'zod'
import type { MemberBody, MemberList } from '../../sdk/wire.ts'
import { answers } from '../http/conforms.ts'
import { pageOf, paging } from '../http/paging.ts'

export const organizationId = z.string().max(64)
export const accountId = z.string().max(64)
export const role = z.enum(['owner', 'admin', 'member', 'viewer'])

export const memberInput = z.object({ organization_id: organizationId, account_id: accountId })

/** How long an invitation's link is good for. */
const days = z.union([z.literal(1), z.literal(7), z.literal(30)], 'must be 1, 7 or 30 days').default(7)

const email = z
  .string()
  .trim()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address such as you@lab.example'))

export const invitationInput = z.object({ organization_id: organizationId, email, role, days })
export const renewInput = z.object({ id: z.string().max(64), days })

export const memberListQuery = z.object({ ...paging, org: z.string().max(64) })

const person = answers<MemberBody>('Member')(
  z.object({
    account_id: z.string(),
    name: z.string(),
    email: z.string(),
    role,
    second_factor: z.boolean(),
    created_at: z.iso.datetime(),
  }),
)
export const memberList = answers<MemberList>('MemberList')(pageOf(person))
