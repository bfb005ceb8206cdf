import { requireRole } from '../organizations/permissions.ts'
import { router, signedIn, staff } from '../procedures.ts'
import { organizationTrailInput, wholeTrailInput } from './schema.ts'
import { listTrail } from './trail.ts'

/** *Audit*: what has been done in an organization, and for staff on the whole server. */
export const auditRouter = router({
  list: signedIn.input(organizationTrailInput).query(({ ctx, input: { organization_id, ...wanted } }) => {
    requireRole(ctx.person, organization_id, 'admin')
    return listTrail(ctx.app, { organization_id }, wanted)
  }),
  listAll: staff
    .input(wholeTrailInput)
    .query(({ ctx, input: { organization_id, ...wanted } }) =>
      listTrail(ctx.app, { organization_id }, wanted),
    ),
})
