import { z } from 'zod'
import type {
  ChangeWebhook,
  CreateWebhook,
  RemovedWebhook,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookDeliveryList,
  WebhookList,
  WebhookWithSecret,
} from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { pageOf, paging } from '../http/paging.ts'
import { line } from '../http/text.ts'
import { EVENT_TYPES } from '../outbox/outbox.ts'

const id = z.string().max(64)

export const organizationAddress = z.object({ org: id })
export const webhookListQuery = organizationAddress.extend(paging)
export const webhookAddress = organizationAddress.extend({ webhook: id })
export const deliveryAddress = webhookAddress.extend({ delivery: id })

const MAX_URL = 2_000

const url = z.string('must be a text').trim().max(MAX_URL, `must have at most ${MAX_URL} characters`)
const events = z
  .array(z.enum(EVENT_TYPES))
  .min(1, `must name at least one of ${EVENT_TYPES.join(', ')}`)
  .max(EVENT_TYPES.length, 'must name each event once')
  .transform((all) => EVENT_TYPES.filter((one) => all.includes(one)))

export const newWebhook = accepts<CreateWebhook>()(
  z.object({ url, description: line(0, 200).nullish(), events }),
)
export const webhookChange = accepts<ChangeWebhook>()(
  z.object({
    url: url.optional(),
    description: line(0, 200).nullish(),
    events: events.optional(),
    enabled: z.boolean().optional(),
  }),
)

export const deliveryQuery = webhookAddress.extend({
  page: paging.page,
  cursor: z.string().max(20).regex(/^\d+$/, 'does not have the form of a cursor').optional(),
  page_size: paging.page_size,
})

const time = z.iso.datetime()

export const webhook = answers<Webhook>('Webhook')(
  z.object({
    id: z.string(),
    url: z.string(),
    description: z.string(),
    events: z.array(z.enum(EVENT_TYPES)),
    enabled: z.boolean(),
    disabled_because: z.enum(['person', 'failures', 'gone']).nullable(),
    disabled_at: time.nullable(),
    failing_since: time.nullable(),
    old_secret_until: time.nullable(),
    last_delivery: z.object({ status: z.enum(['delivered', 'failed']), finished_at: time }).nullable(),
    created_at: time,
  }),
)

export const webhookWithSecret = answers<WebhookWithSecret>('WebhookWithSecret')(
  z.object({ webhook, secret: z.string() }),
)

export const webhookList = answers<WebhookList>('WebhookList')(pageOf(webhook))

export const removedWebhook = answers<RemovedWebhook>('RemovedWebhook')(
  z.object({ id: z.string(), removed_at: time }),
)

const deliveryFields = z.object({
  id: z.string(),
  message_id: z.string(),
  type: z.enum([...EVENT_TYPES, 'test']),
  status: z.enum(['pending', 'delivered', 'failed']),
  attempts: z.number(),
  next_attempt_at: time.nullable(),
  created_at: time,
  finished_at: time.nullable(),
  response_status: z.number().nullable(),
  response_body: z.string().nullable(),
  error: z.string().nullable(),
  duration_ms: z.number().nullable(),
  body: z.string(),
})

export const delivery = answers<WebhookDelivery>('WebhookDelivery')(deliveryFields)

export const deliveryDetail = answers<WebhookDeliveryDetail>('WebhookDeliveryDetail')(
  deliveryFields.extend({
    attempt_log: z.array(
      z.object({
        number: z.number(),
        begun_at: time,
        duration_ms: z.number(),
        response_status: z.number().nullable(),
        response_body: z.string().nullable(),
        error: z.string().nullable(),
      }),
    ),
  }),
)

export const deliveryList = answers<WebhookDeliveryList>('WebhookDeliveryList')(pageOf(delivery))
