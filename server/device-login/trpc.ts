import { router, signedIn } from '../procedures.ts'
import { approveDeviceLogin, claimDeviceLogin, refuseDeviceLogin, viewDeviceLogin } from './approval.ts'
import { approveInput, userCodeInput } from './schema.ts'

/** The page `/cli/auth`. Opening a code claims it, so it is a mutation: a link alone changes nothing. */
export const deviceLoginRouter = router({
  claim: signedIn
    .input(userCodeInput)
    .mutation(({ ctx, input }) => claimDeviceLogin(ctx.app, ctx.person, input.user_code)),
  view: signedIn
    .input(userCodeInput)
    .query(({ ctx, input }) => viewDeviceLogin(ctx.app, ctx.person, input.user_code)),
  approve: signedIn
    .input(approveInput)
    .mutation(({ ctx, input }) => approveDeviceLogin(ctx.app, ctx.person, input)),
  refuse: signedIn
    .input(userCodeInput)
    .mutation(({ ctx, input }) => refuseDeviceLogin(ctx.app, ctx.person, input.user_code)),
})
