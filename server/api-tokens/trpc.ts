import { router, signedIn, verified } from '../procedures.ts'
import {
  listApiTokens,
  makeApiToken,
  revealApiToken,
  revokeAllApiTokens,
  revokeApiToken,
} from './api-tokens.ts'
import { makeApiTokenInput, tokenId } from './schema.ts'

export const apiTokensRouter = router({
  list: signedIn.query(({ ctx }) => listApiTokens(ctx.app, ctx.person)),
  /** Answers no text: that is for `reveal`, which asks whether the person is there. */
  make: signedIn
    .input(makeApiTokenInput)
    .mutation(({ ctx, input }) => makeApiToken(ctx.app, ctx.person, input)),
  /** A mutation, because it is written to the audit trail and must never be cached. */
  reveal: verified.input(tokenId).mutation(({ ctx, input }) => revealApiToken(ctx.app, ctx.person, input.id)),
  revoke: signedIn.input(tokenId).mutation(({ ctx, input }) => revokeApiToken(ctx.app, ctx.person, input.id)),
  revokeAll: verified.mutation(({ ctx }) => revokeAllApiTokens(ctx.app, ctx.person)),
})
