import { useInfiniteQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type Webhook, type WebhookDelivery } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-tabs.tsx'
import { ahead, count } from '../ui/format.ts'
import { FormProblem, toastProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { Attempts } from './attempts.tsx'
import { deliveriesQuery, hostOf, refreshWebhooks } from './webhook-queries.ts'
import css from './webhooks.module.css'

interface LogOf {
  organization_id: string
  webhook: Webhook
}

/** What was sent and what came of it, latest first, for 30 days. */
export function DeliveryLog(props: LogOf): JSX.Element {
  const list = useInfiniteQuery(() => deliveriesQuery(props.organization_id, props.webhook.id))
  const rows = createMemo(() => (list.isSuccess ? list.data.pages.flatMap(({ items }) => items) : []))
  return (
    <Switch>
      <Match when={list.isError && !list.isSuccess}>
        <FormProblem error={list.error} />
      </Match>
      <Match when={list.isSuccess && rows().length === 0}>
        <p class={css.dim}>Nothing was sent in the last 30 days.</p>
      </Match>
      <Match when={true}>
        <TableFrame label={`Deliveries to ${hostOf(props.webhook)}`}>
          <table class={`${table.table} ${table.cards}`} role="table">
            <thead>
              <tr>
                <th>Event</th>
                <th>Outcome</th>
                <th>Response</th>
                <th class={table.number}>Duration</th>
                <th>When</th>
                <th class={table.end}>
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Show when={list.isSuccess} fallback={<SkeletonRows columns={6} rows={3} />}>
                <For each={rows()}>{(one) => <DeliveryRow {...props} delivery={one} />}</For>
              </Show>
            </tbody>
          </table>
          <Show when={list.isSuccess}>
            <p class={`${table.note} ${css.foot}`} tabindex="-1">
              {shown(rows().length, list.data?.pages.at(-1)?.total ?? 0)}
              <Show when={list.hasNextPage}>
                <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show older deliveries
                </Button>
              </Show>
            </p>
          </Show>
        </TableFrame>
      </Match>
    </Switch>
  )
}

function shown(here: number, total: number): string {
  return total > here
    ? `${here} of ${count(total, 'delivery', 'deliveries')}`
    : count(here, 'delivery', 'deliveries')
}

const OUTCOMES = {
  pending: { tone: 'recording', word: 'On its way' },
  delivered: { tone: 'ready', word: 'Delivered' },
  failed: { tone: 'failed', word: 'Failed' },
} as const

function DeliveryRow(props: LogOf & { delivery: WebhookDelivery }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  const outcome = () =>
    props.delivery.status === 'pending' && props.delivery.attempts > 0
      ? ({ tone: 'attention', word: 'Tried, again soon' } as const)
      : OUTCOMES[props.delivery.status]
  return (
    <>
      <tr role="row">
        <td role="cell">
          <code>{props.delivery.type}</code>
        </td>
        <td role="cell" data-label="Outcome">
          <Badge tone={outcome().tone}>{outcome().word}</Badge>
        </td>
        <td role="cell" data-label="Response">
          {props.delivery.response_status ?? (props.delivery.error ? 'No answer' : '–')}
          <Show when={props.delivery.attempts > 1}>
            <span class={css.dim}> · {count(props.delivery.attempts, 'attempt')}</span>
          </Show>
        </td>
        <td role="cell" class={table.number} data-label="Duration">
          {props.delivery.duration_ms === null ? '–' : `${props.delivery.duration_ms} ms`}
        </td>
        <td role="cell" data-label="When">
          <Time at={props.delivery.created_at} />
        </td>
        <td role="cell" class={table.end}>
          <Button
            size="sm"
            variant="ghost"
            aria-expanded={open()}
            aria-label={`Details of ${props.delivery.type} ${props.delivery.id}`}
            onClick={() => setOpen(!open())}
          >
            {open() ? 'Less' : 'Details'}
          </Button>
        </td>
      </tr>
      <Show when={open()}>
        <tr role="row">
          <td role="cell" colspan={6} class={table.wrapText}>
            <Details {...props} />
          </td>
        </tr>
      </Show>
    </>
  )
}

function Details(props: LogOf & { delivery: WebhookDelivery }): JSX.Element {
  const body = () => pretty(props.delivery.body)
  return (
    <div class={css.details}>
      <Show when={props.delivery.error}>{(error) => <p class={css.failure}>{error()}</p>}</Show>
      <Show when={props.delivery.status === 'pending' && props.delivery.next_attempt_at}>
        {(at) => (
          <p>
            Next attempt <Time at={at()} words={ahead} />.
          </p>
        )}
      </Show>
      <Show when={props.delivery.attempts > 1}>
        <Attempts {...props} />
      </Show>
      <p class={css.dim}>
        webhook-id <code>{props.delivery.message_id}</code>
      </p>
      <CodeBlock code={body()} what="Message" />
      <Show when={props.delivery.response_body}>
        {(text) => (
          <>
            <p class={css.dim}>It answered, as far as it was kept:</p>
            <CodeBlock code={text()} what="Answer" />
          </>
        )}
      </Show>
      <div>
        <Button
          size="sm"
          disabled={!props.webhook.enabled || isDueSoon(props.delivery)}
          title={props.webhook.enabled ? undefined : 'Enable the webhook first'}
          onClick={() => void redeliver(props)}
        >
          Deliver again
        </Button>
      </div>
    </div>
  )
}

/** The server refuses to send again what it tries within a minute anyway. */
function isDueSoon({ status, next_attempt_at }: WebhookDelivery): boolean {
  return status === 'pending' && Date.parse(next_attempt_at ?? '') <= Date.now() + 60_000
}

/** Sent as one line; read as many. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}

async function redeliver({
  organization_id: org,
  webhook,
  delivery,
}: LogOf & { delivery: WebhookDelivery }): Promise<void> {
  try {
    await api.webhooks.redeliver.mutate({ org, webhook: webhook.id, delivery: delivery.id })
    await refreshWebhooks(org)
    toast({ title: 'On its way again', detail: 'The same message, with the same webhook-id.' })
  } catch (error) {
    toastProblem('It was not delivered again', error)
  }
}
