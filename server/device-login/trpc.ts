import { z } from 'zod'
import { router, signedIn, verified } from '../procedures.ts'
import {
  approveDeviceLogin,
  claimDeviceLogin,
  refuseDeviceLogin,
  revokeLoginKey,
  viewDeviceLogin,
} from './approval.ts'
import { getLoginPolicy, setLoginPolicy } from './policy.ts'
import { approveInput, policyInput, userCodeInput } from './schema.ts'

/** The page `/cli/auth`. Opening a code claims it, so it is a mutation: a link alone changes nothing. */
export const deviceLoginRouter = router({
  claim: signedIn
    .input(userCodeInput)
    .mutation(({ ctx, input }) => claimDeviceLogin(ctx.app, ctx.person, input.user_code)),
  /** Changes nothing; a mutation because a query would put the code into an address. */
  view: signedIn
    .input(userCodeInput)
    .mutation(({ ctx, input }) => viewDeviceLogin(ctx.app, ctx.person, input.user_code)),
  approve: signedIn
    .input(approveInput)
    .mutation(({ ctx, input }) => approveDeviceLogin(ctx.app, ctx.person, input)),
  refuse: signedIn
    .input(userCodeInput)
    .mutation(({ ctx, input }) => refuseDeviceLogin(ctx.app, ctx.person, input.user_code)),
  policy: signedIn
    .input(z.object({ organization_id: z.uuid() }))
    .query(({ ctx, input }) => getLoginPolicy(ctx.app, ctx.person, input.organization_id)),
  setPolicy: verified
    .input(policyInput)
    .mutation(({ ctx, input }) => setLoginPolicy(ctx.app, ctx.person, input)),
  /** From a notice: the key of a login, picked up or not. */
  revokeKey: signedIn
    .input(z.object({ api_key_id: z.string().max(64) }))
    .mutation(({ ctx, input }) => revokeLoginKey(ctx.app, ctx.person, input.api_key_id)),
})
