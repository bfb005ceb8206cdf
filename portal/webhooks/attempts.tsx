import { useQuery } from '@tanstack/solid-query'
import { For, type JSX, Match, Switch } from 'solid-js'
import type { Webhook, WebhookDelivery } from '../api.ts'
import { FormProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { attemptsQuery } from './webhook-queries.ts'
import css from './webhooks.module.css'

/** What came of each attempt of a delivery that was tried more than once, first to last. */
export function Attempts(props: {
  organization_id: string
  webhook: Webhook
  delivery: WebhookDelivery
}): JSX.Element {
  const log = useQuery(() => attemptsQuery(props.organization_id, props.webhook.id, props.delivery))
  return (
    <Switch>
      <Match when={log.isError && !log.isSuccess}>
        <FormProblem error={log.error} />
      </Match>
      <Match when={log.isSuccess}>
        <p class={css.dim}>Its attempts:</p>
        <ol class={css.attempts} aria-label="Attempts">
          <For each={log.data}>
            {(one) => (
              <li value={one.number}>
                <Time at={one.begun_at} /> · {one.response_status ?? 'no answer'} · {one.duration_ms} ms
                {one.error === null || one.response_status !== null ? '' : ` · ${one.error}`}
              </li>
            )}
          </For>
        </ol>
      </Match>
    </Switch>
  )
}
