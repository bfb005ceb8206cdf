import { z } from 'zod'
import { line } from '../http/text.ts'
import { open, router, signedIn } from '../procedures.ts'
import { acceptInvitation, joinByInvitation, viewInvitation } from './accept-invitation.ts'
import { setSessionCookie } from './cookies.ts'
import { newPassword } from './schema.ts'
import { endOwnSession } from './sessions.ts'

const token = z.string().max(100)

/** What the holder of an invitation's link does with it. */
export const invitationRouter = router({
  /** Changes nothing; sent as a mutation so that the token travels in the body and stands in no address. */
  view: open
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => viewInvitation(ctx.app, input.token, ctx.person)),
  accept: signedIn
    .input(z.object({ token }))
    .mutation(({ ctx, input }) => acceptInvitation(ctx.app, ctx.person, input.token)),
  join: open
    .input(z.object({ token, name: line(1, 80), password: newPassword }))
    .mutation(async ({ ctx, input }) => {
      const { account, session, organization_id } = await joinByInvitation(ctx.app, input, ctx.anonymous)
      // Whoever was signed in here is not any more: the new account is not adopted by an old session.
      if (ctx.person) await endOwnSession(ctx.app, ctx.person)
      setSessionCookie(ctx.app, ctx.response, { session, account_id: account.id })
      return { account, organization_id }
    }),
})
