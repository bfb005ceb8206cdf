import type { Code } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { listDeliveries, redeliver, testWebhook } from './deliveries.ts'
import {
  delivery,
  deliveryAddress,
  deliveryList,
  deliveryQuery,
  newWebhook,
  organizationAddress,
  removedWebhook,
  webhook,
  webhookAddress,
  webhookChange,
  webhookList,
  webhookListQuery,
  webhookWithSecret,
} from './schema.ts'
import {
  changeWebhook,
  createWebhook,
  getWebhook,
  listWebhooks,
  removeWebhook,
  rotateSecret,
} from './webhooks.ts'

const PATH = '/api/v1/organizations/:org/webhooks'
const ORG = { org: 'acme' }
const HERE = { ...ORG, webhook: 'wh_00000000000000000000' }

const refusals: Code[] = ['not_found', 'forbidden', 'insufficient_scope']
const withBody: Code[] = [...refusals, 'conflict', 'too_large', 'unsupported_media_type']

/**
 * Webhooks over REST, for admins by their role and for keys with the scope admin. A browser's cookie is no credential
 * here: the portal asks for the password again before it shows a secret, and this would be a way around.
 */
export const webhookDoors: Door[] = [
  door({
    method: 'GET',
    path: PATH,
    caller: 'credential',
    scope: 'admin',
    summary: 'List the webhooks of an organization',
    input: webhookListQuery,
    output: webhookList,
    status: 200,
    refusals,
    example: { params: ORG },
    handle: (ctx, input, caller) => listWebhooks(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: PATH,
    caller: 'credential',
    scope: 'admin',
    summary: 'Add a webhook; its secret is in this answer and nowhere else',
    input: newWebhook.extend(organizationAddress.shape),
    output: webhookWithSecret,
    status: 201,
    refusals: withBody,
    example: {
      params: ORG,
      body: {
        url: 'https://hooks.example.com/robotrace',
        description: 'on-call channel',
        events: ['episode.failed', 'device.offline'],
      },
    },
    handle: (ctx, input, caller) => createWebhook(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:webhook`,
    caller: 'credential',
    scope: 'admin',
    summary: 'Read a webhook and its health',
    input: webhookAddress,
    output: webhook,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: (ctx, input, caller) => getWebhook(ctx, caller, input),
  }),
  door({
    method: 'PATCH',
    path: `${PATH}/:webhook`,
    caller: 'credential',
    scope: 'admin',
    summary: 'Change a webhook; disable it, or enable it again',
    input: webhookChange.extend(webhookAddress.shape),
    output: webhook,
    status: 200,
    refusals: withBody,
    example: { params: HERE, body: { events: ['episode.ready', 'episode.failed'], enabled: true } },
    handle: (ctx, input, caller) => changeWebhook(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:webhook`,
    caller: 'credential',
    scope: 'admin',
    summary: 'Remove a webhook; what was still to be delivered is over',
    input: webhookAddress,
    output: removedWebhook,
    status: 200,
    refusals,
    example: { params: HERE },
    handle: (ctx, input, caller) => removeWebhook(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:webhook/rotate-secret`,
    caller: 'credential',
    scope: 'admin',
    summary: 'A new secret for a webhook; the old one signs beside it for 24 hours',
    input: webhookAddress,
    output: webhookWithSecret,
    status: 201,
    refusals: withBody,
    example: { params: HERE, body: {} },
    handle: (ctx, input, caller) => rotateSecret(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:webhook/test`,
    caller: 'credential',
    scope: 'admin',
    summary: 'Send a message of type test to a webhook',
    input: webhookAddress,
    output: delivery,
    status: 201,
    refusals: withBody,
    example: { params: HERE, body: {} },
    handle: (ctx, input, caller) => testWebhook(ctx, caller, input),
  }),
  door({
    method: 'GET',
    path: `${PATH}/:webhook/deliveries`,
    caller: 'credential',
    scope: 'admin',
    summary: 'What a webhook was sent in the last 30 days, latest first',
    input: deliveryQuery,
    output: deliveryList,
    status: 200,
    refusals,
    example: { params: HERE, query: { page_size: '20' } },
    handle: (ctx, input, caller) => listDeliveries(ctx, caller, input),
  }),
  door({
    method: 'POST',
    path: `${PATH}/:webhook/deliveries/:delivery/redeliver`,
    caller: 'credential',
    scope: 'admin',
    summary: 'Send a message once more, with the same webhook-id',
    input: deliveryAddress,
    output: delivery,
    status: 200,
    refusals: withBody,
    example: { params: { ...HERE, delivery: 'del_00000000000000000000' }, body: {} },
    handle: (ctx, input, caller) => redeliver(ctx, caller, input),
  }),
]
