import { infiniteQueryOptions, queryOptions } from '@tanstack/solid-query'
import { api, type Webhook, type WebhookDelivery } from '../api.ts'
import { queryClient } from '../query-client.ts'

const PAGE = 20

export function webhooksQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['webhooks', organization_id],
    queryFn: async () => (await api.webhooks.list.query({ org: organization_id })).items,
    refetchInterval: 10_000,
    reconcile: 'id',
  })
}

/** What a webhook was sent, latest first; looked at again while something is on its way. */
export function deliveriesQuery(organization_id: string, webhook: string) {
  return infiniteQueryOptions({
    queryKey: ['webhooks', organization_id, webhook, 'deliveries'],
    queryFn: ({ pageParam }) =>
      api.webhooks.deliveries.query({
        ...{ org: organization_id, webhook, page_size: PAGE },
        ...(pageParam === undefined ? {} : { cursor: pageParam }),
      }),
    // as: the first page has no cursor, and inference needs to hear that later ones do.
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval: ({ state }) => (isMoving(state.data?.pages ?? []) ? 2_000 : 10_000),
    // Rows stay the rows they are, with whatever is open or focused in them.
    reconcile: 'id',
  })
}

/** What came of each attempt of a delivery. `attempts` is part of the key: a further one is a further answer. */
export function attemptsQuery(organization_id: string, webhook: string, delivery: WebhookDelivery) {
  const { id, attempts } = delivery
  return queryOptions({
    queryKey: ['webhooks', organization_id, webhook, 'deliveries', id, attempts],
    queryFn: async () =>
      (await api.webhooks.delivery.query({ org: organization_id, webhook, delivery: id })).attempt_log,
  })
}

function isMoving(pages: { items: WebhookDelivery[] }[]): boolean {
  return pages.some(({ items }) => items.some(({ status }) => status === 'pending'))
}

export async function refreshWebhooks(organization_id: string): Promise<void> {
  await queryClient.invalidateQueries({ queryKey: ['webhooks', organization_id] })
}

/** What a webhook can be told, each with a sentence. */
export const EVENTS = [
  { type: 'episode.ready', words: 'An episode is ready', hint: 'It was finalized, with what was uploaded.' },
  { type: 'episode.failed', words: 'An episode failed', hint: 'It was finalized as failed.' },
  {
    type: 'episode.interrupted',
    words: 'An episode was interrupted',
    hint: 'Nothing was heard of it for too long.',
  },
  { type: 'device.offline', words: 'A device fell silent', hint: 'No heartbeat for 90 seconds.' },
  { type: 'key.minted', words: 'An API key came to be', hint: 'Made, rotated, enrolled or logged in with.' },
  {
    type: 'key.revoked',
    words: 'An API key ended',
    hint: 'Revoked by anybody or anything; not when it expires.',
  },
] as const

export type EventType = (typeof EVENTS)[number]['type']

/** How a webhook is, as a word and what lies behind it. */
export interface Health {
  tone: 'ready' | 'attention' | 'failed' | 'neutral'
  word: string
  /** The time that `since` speaks of. */
  at: string | null
  since: string
}

/** @example healthOf(webhook).word // 'Delivering' */
export function healthOf({
  enabled,
  disabled_because,
  disabled_at,
  failing_since,
  last_delivery,
}: Webhook): Health {
  if (!enabled)
    return { tone: 'neutral', word: 'Disabled', at: disabled_at, since: WHY[disabled_because ?? 'person'] }
  if (failing_since !== null)
    return { tone: 'failed', word: 'Failing', at: failing_since, since: 'nothing has arrived since' }
  if (last_delivery === null)
    return { tone: 'attention', word: 'Not tried yet', at: null, since: 'send a test, or wait for an event' }
  return { tone: 'ready', word: 'Delivering', at: last_delivery.finished_at, since: 'last delivered' }
}

const WHY: Record<NonNullable<Webhook['disabled_because']>, string> = {
  person: 'by somebody,',
  failures: 'because nothing arrived for five days,',
  gone: 'because it answered 410 Gone,',
}

/** The receiver's name, for sentences. */
export function hostOf({ url }: Pick<Webhook, 'url'>): string {
  return URL.canParse(url) ? new URL(url).host : url
}
