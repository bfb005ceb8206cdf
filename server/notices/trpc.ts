import { z } from 'zod'
import { router, signedIn } from '../procedures.ts'
import { dismissNotice, listNotices } from './notices.ts'

export const noticesRouter = router({
  list: signedIn.query(({ ctx }) => listNotices(ctx.app, ctx.person)),
  dismiss: signedIn.input(z.object({ id: z.string().max(64) })).mutation(async ({ ctx, input }) => {
    await dismissNotice(ctx.app, ctx.person, input.id)
    return { id: input.id }
  }),
})
