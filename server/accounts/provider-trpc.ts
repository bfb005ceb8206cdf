import { z } from 'zod'
import { open, router, signedIn, verified } from '../procedures.ts'
import { listIdentities, unlinkIdentity } from './provider.ts'
import { beginLinking } from './provider-routes.ts'

/** Signing in through the OpenID provider, as the portal's pages see it. */
export const providerRouter = router({
  /** What its button says; null: there is none. */
  status: open.query(({ ctx }) => (ctx.app.provider ? { name: ctx.app.provider.name } : null)),
  identities: signedIn.query(({ ctx }) => listIdentities(ctx.app, ctx.person)),
  /** Answers where the browser has to go; it comes back to the settings. */
  link: verified.mutation(({ ctx }) => beginLinking(ctx.app, ctx.person, ctx.response)),
  unlink: verified
    .input(z.object({ issuer: z.string().max(500), subject: z.string().max(500) }))
    .mutation(async ({ ctx, input }) => {
      await unlinkIdentity(ctx.app, ctx.person, input)
      return input
    }),
})
