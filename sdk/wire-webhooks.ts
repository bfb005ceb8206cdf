/**
 * The bodies of an organization's webhooks and of what they are sent. Types only, like the rest of the wire.
 *
 * @module
 */
import type { PageFacts } from './wire-organizations.ts'

/** What a webhook may ask for. */
export type WebhookEventType =
  | 'episode.ready'
  | 'episode.failed'
  | 'episode.interrupted'
  | 'device.offline'
  | 'key.minted'
  | 'key.revoked'

/** Body of `POST /api/v1/organizations/{org}/webhooks`. */
export interface CreateWebhook {
  /** `https://…`, at most 2,000 characters; a public address unless the server allows its network. */
  url: string
  /** What it is for; at most 200 characters. */
  description?: string | null
  /** At least one. */
  events: WebhookEventType[]
}

/** Body of `PATCH …/webhooks/{webhook}`: what is left out stays. */
export interface ChangeWebhook {
  /** As in `CreateWebhook`. */
  url?: string
  /** Null takes it away. */
  description?: string | null
  /** All that it is to be told from now on. */
  events?: WebhookEventType[]
  /** False: nothing is sent, and what was waiting is over. True: from now on it is told again. */
  enabled?: boolean
}

/** A webhook as its organization's admins see it. */
export interface Webhook {
  /** `wh_…`. */
  id: string
  /** Where messages go. */
  url: string
  /** What it is for; empty when nobody said. */
  description: string
  /** What it is told. */
  events: WebhookEventType[]
  /** Whether anything is sent to it. */
  enabled: boolean
  /** Why it is not: somebody disabled it, nothing arrived for five days, or it answered 410 Gone. */
  disabled_because: 'person' | 'failures' | 'gone' | null
  /** ISO 8601; null while it is enabled. */
  disabled_at: string | null
  /** Since when nothing has arrived; null when the last delivery did, or there was none. */
  failing_since: string | null
  /** Until when the secret before the last rotation signs as well; null: it does not. */
  old_secret_until: string | null
  /** Of the latest delivery that is over; null before the first. */
  last_delivery: WebhookLastDelivery | null
  /** ISO 8601. */
  created_at: string
}

/** How the latest delivery of a webhook ended. */
export interface WebhookLastDelivery {
  /** Whether it arrived. */
  status: 'delivered' | 'failed'
  /** ISO 8601. */
  finished_at: string
}

/** Answer of creating a webhook and of rotating its secret: the only time the secret is shown. */
export interface WebhookWithSecret {
  /** What is known of it. */
  webhook: Webhook
  /** `whsec_` and 32 bytes in base64, as Standard Webhooks writes it. */
  secret: string
}

/** Answer of `GET …/webhooks`. */
export interface WebhookList extends PageFacts {
  /** Oldest first. */
  items: Webhook[]
}

/** Answer of `DELETE …/webhooks/{webhook}`. */
export interface RemovedWebhook {
  /** `wh_…`. */
  id: string
  /** ISO 8601. */
  removed_at: string
}

/** One message to one webhook, with what came of its latest attempt. */
export interface WebhookDelivery {
  /** `del_…`. */
  id: string
  /** `msg_…`: the header `webhook-id`, the same at every attempt. */
  message_id: string
  /** What it tells; `test` for the test button. */
  type: WebhookEventType | 'test'
  /** `pending`: it will be tried (again). */
  status: 'pending' | 'delivered' | 'failed'
  /** How often it was tried. */
  attempts: number
  /** When it is tried next; null once it is over. */
  next_attempt_at: string | null
  /** ISO 8601. */
  created_at: string
  /** When it was delivered or given up; null before. */
  finished_at: string | null
  /** HTTP status of the latest answer; null when there was none. */
  response_status: number | null
  /** The beginning of the latest answer, at most 1,000 characters. */
  response_body: string | null
  /** Why it was not delivered, in a sentence. */
  error: string | null
  /** How long the latest attempt took, milliseconds. */
  duration_ms: number | null
  /** What is sent, byte for byte as it is signed. */
  body: string
}

/** Answer of `GET …/webhooks/{webhook}/deliveries`: latest first, kept for 30 days. */
export interface WebhookDeliveryList extends PageFacts {
  /** Latest first. */
  items: WebhookDelivery[]
}

/** Answer of `GET …/webhooks/{webhook}/deliveries/{delivery}`. */
export interface WebhookDeliveryDetail extends WebhookDelivery {
  /** The latest 16 attempts, first to last. One that the server did not outlive is missing. */
  attempt_log: WebhookAttempt[]
}

/** What came of one attempt to deliver a message. */
export interface WebhookAttempt {
  /** 1 for the first. */
  number: number
  /** ISO 8601. */
  begun_at: string
  /** Milliseconds, from looking up the name to the end of the answer. */
  duration_ms: number
  /** HTTP status; null when nothing was answered. */
  response_status: number | null
  /** The beginning of the answer, at most 1,000 characters. */
  response_body: string | null
  /** Why it was not delivered, in a sentence; null when it was. */
  error: string | null
}

/** What a webhook is sent. */
export interface WebhookMessage {
  /** `msg_…`, also in the header `webhook-id`: whoever has seen it before has had this message. */
  id: string
  /** `test` when somebody presses the test button. */
  type: WebhookEventType | 'test'
  /** ISO 8601, when it happened. */
  occurred_at: string
  /** Whose webhook it is. */
  org: { id: string; slug: string }
  /** Null for what belongs to the organization as a whole. */
  project: { id: string; slug: string } | null
  /** What it is about; docs/webhooks.md has the members of each type. */
  data: { [member: string]: string | number | string[] | null }
  /** Pages for people. */
  links: { dashboard: string }
}
