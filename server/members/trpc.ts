import { z } from 'zod'
import { router, signedIn, verified } from '../procedures.ts'
import { consequencesOf } from './consequences.ts'
import { listInvitations } from './invitation-list.ts'
import { makeInvitation, renewInvitation, revokeInvitation } from './invitations.ts'
import { changeRole, leaveOrganization, listMembers, removeMember, transferOwnership } from './members.ts'
import { invitationInput, memberInput, organizationId, renewInput, role } from './schema.ts'

/** Who belongs to an organization. Whoever changes that has proved to be there in the last two hours. */
export const membersRouter = router({
  list: signedIn
    .input(z.object({ organization_id: organizationId }))
    .query(({ ctx, input }) => listMembers(ctx.app, ctx.person, input.organization_id)),
  /** What another role, or a removal (`role: null`), stops; asked before it is done. */
  consequences: signedIn
    .input(memberInput.extend({ role: role.nullable() }))
    .query(({ ctx, input }) => consequencesOf(ctx.app, ctx.person, input)),
  changeRole: verified
    .input(memberInput.extend({ role }))
    .mutation(({ ctx, input }) => changeRole(ctx.app, ctx.person, input)),
  remove: verified.input(memberInput).mutation(async ({ ctx, input }) => {
    await removeMember(ctx.app, ctx.person, input)
    return { account_id: input.account_id }
  }),
  leave: verified.input(z.object({ organization_id: organizationId })).mutation(async ({ ctx, input }) => {
    await leaveOrganization(ctx.app, ctx.person, input.organization_id)
    return { organization_id: input.organization_id }
  }),
  transferOwnership: verified.input(memberInput).mutation(async ({ ctx, input }) => {
    await transferOwnership(ctx.app, ctx.person, input)
    return { account_id: input.account_id }
  }),
})

/** Invitations as those see them who send them; what the link's holder does is in `invitation`. */
export const invitationsRouter = router({
  list: signedIn
    .input(z.object({ organization_id: organizationId }))
    .query(({ ctx, input }) => listInvitations(ctx.app, ctx.person, input.organization_id)),
  make: verified
    .input(invitationInput)
    .mutation(({ ctx, input }) => makeInvitation(ctx.app, ctx.person, input)),
  renew: verified.input(renewInput).mutation(({ ctx, input }) => renewInvitation(ctx.app, ctx.person, input)),
  revoke: signedIn.input(z.object({ id: z.string().max(64) })).mutation(async ({ ctx, input }) => {
    await revokeInvitation(ctx.app, ctx.person, input.id)
    return { id: input.id }
  }),
})
