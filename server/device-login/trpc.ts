import { z } from 'zod'
import { router, signedIn } from '../procedures.ts'
import {
  approveDeviceLogin,
  claimDeviceLogin,
  refuseDeviceLogin,
  revokeLoginKey,
  viewDeviceLogin,
} from './approval.ts'
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
  /** From a notice: the key of a login, picked up or not. */
  revokeKey: signedIn
    .input(z.object({ api_key_id: z.string().max(64) }))
    .mutation(({ ctx, input }) => revokeLoginKey(ctx.app, ctx.person, input.api_key_id)),
})
