import { router, signedIn, verified } from '../procedures.ts'
import { listDeliveries, readDelivery, redeliver, testWebhook } from './deliveries.ts'
import {
  deliveryAddress,
  deliveryQuery,
  newWebhook,
  organizationAddress,
  webhookAddress,
  webhookChange,
  webhookListQuery,
} from './schema.ts'
import { changeWebhook, createWebhook, listWebhooks, removeWebhook, rotateSecret } from './webhooks.ts'

export const webhooksRouter = router({
  list: signedIn.input(webhookListQuery).query(({ ctx, input }) => listWebhooks(ctx.app, ctx.person, input)),
  create: verified
    .input(newWebhook.extend(organizationAddress.shape))
    .mutation(({ ctx, input }) => createWebhook(ctx.app, ctx.person, input)),
  change: signedIn
    .input(webhookChange.extend(webhookAddress.shape))
    .mutation(({ ctx, input }) => changeWebhook(ctx.app, ctx.person, input)),
  rotateSecret: verified
    .input(webhookAddress)
    .mutation(({ ctx, input }) => rotateSecret(ctx.app, ctx.person, input)),
  remove: signedIn
    .input(webhookAddress)
    .mutation(({ ctx, input }) => removeWebhook(ctx.app, ctx.person, input)),
  test: signedIn.input(webhookAddress).mutation(({ ctx, input }) => testWebhook(ctx.app, ctx.person, input)),
  deliveries: signedIn
    .input(deliveryQuery)
    .query(({ ctx, input }) => listDeliveries(ctx.app, ctx.person, input)),
  delivery: signedIn
    .input(deliveryAddress)
    .query(({ ctx, input }) => readDelivery(ctx.app, ctx.person, input)),
  redeliver: signedIn
    .input(deliveryAddress)
    .mutation(({ ctx, input }) => redeliver(ctx.app, ctx.person, input)),
})
