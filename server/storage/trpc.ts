import { actorOf } from '../audit/audit.ts'
import { router, signedIn, staff, verified } from '../procedures.ts'
import { setQuota } from '../quota/quota.ts'
import { getStorage } from './overview.ts'
import { createRule, listRules, previewRule, removeRule } from './rules.ts'
import { organization, previewInput, quotaInput, ruleAddress, ruleText } from './schema.ts'

/** What an organization stores, what it keeps for how long, and how much it may have. */
export const storageRouter = router({
  get: signedIn
    .input(organization)
    .query(({ ctx, input }) => getStorage(ctx.app, ctx.person, input.organization_id)),
  rules: signedIn
    .input(organization)
    .query(({ ctx, input }) => listRules(ctx.app, ctx.person, input.organization_id)),
  previewRule: signedIn
    .input(previewInput)
    .query(({ ctx, input }) => previewRule(ctx.app, ctx.person, input)),
  // What is set up here deletes by itself, for as long as it stands.
  createRule: verified.input(ruleText).mutation(({ ctx, input }) => createRule(ctx.app, ctx.person, input)),
  removeRule: signedIn
    .input(ruleAddress)
    .mutation(({ ctx, input }) => removeRule(ctx.app, ctx.person, input)),
  setQuota: staff
    .input(quotaInput)
    .mutation(({ ctx, input }) => setQuota(ctx.app, actorOf(ctx.person), input)),
})
