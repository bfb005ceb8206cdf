import { z } from 'zod'
import { line } from '../http/text.ts'
import { router, signedIn, verified } from '../procedures.ts'
import { listApiKeys, mintApiKey, revokeApiKey } from './api-keys.ts'

const organization = z.object({ organization_id: z.uuid() })

export const apiKeysRouter = router({
  list: signedIn
    .input(organization)
    .query(({ ctx, input }) => listApiKeys(ctx.app, ctx.person, input.organization_id)),
  mint: verified
    .input(organization.extend({ label: line(1, 80) }))
    .mutation(({ ctx, input }) => mintApiKey(ctx.app, ctx.person, input)),
  revoke: signedIn
    .input(z.object({ id: z.string().max(64) }))
    .mutation(({ ctx, input }) => revokeApiKey(ctx.app, ctx.person, input.id)),
})
