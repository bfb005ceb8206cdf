import { useQuery } from '@tanstack/solid-query'
import Plus from 'lucide-solid/icons/plus'
import WebhookIcon from 'lucide-solid/icons/webhook'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Section } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { NewWebhook } from './webhook-form.tsx'
import { WebhookItem } from './webhook-item.tsx'
import { webhooksQuery } from './webhook-queries.ts'
import css from './webhooks.module.css'

/** What an organization has told elsewhere. Its admins look after it; others learn that it is there. */
export function WebhooksPanel(props: { organization_id: string; mayChange: boolean }): JSX.Element {
  const [adding, setAdding] = createSignal(false)
  return (
    <Section
      title="Webhooks"
      id="webhooks"
      note="Tells a service of yours what happens here, as it happens: signed, over https, and again until it arrives."
      actions={
        <Show when={props.mayChange}>
          <Button onClick={() => setAdding(true)}>
            <Plus size={15} aria-hidden="true" /> Add webhook
          </Button>
        </Show>
      }
    >
      <Show
        when={props.mayChange}
        fallback={<p class={css.dim}>Admins and owners see and change the webhooks.</p>}
      >
        <WebhookList organization_id={props.organization_id} />
      </Show>
      <Show when={adding()}>
        <NewWebhook organization_id={props.organization_id} close={() => setAdding(false)} />
      </Show>
    </Section>
  )
}

function WebhookList(props: { organization_id: string }): JSX.Element {
  const webhooks = useQuery(() => webhooksQuery(props.organization_id))
  return (
    <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
      <Match when={webhooks.isError && !webhooks.isSuccess}>
        <PageProblem error={webhooks.error} retry={() => webhooks.refetch()} />
      </Match>
      <Match when={webhooks.isSuccess && webhooks.data.length === 0}>
        <EmptyState icon={<WebhookIcon size={22} aria-hidden="true" />} title="Nothing is told elsewhere yet">
          <p>
            Add the address of a service that should hear of failed episodes, silent devices or new keys: a
            chat, a pager, a pipeline that trains on what is ready.
          </p>
        </EmptyState>
      </Match>
      <Match when={webhooks.isSuccess && webhooks.data}>
        {(all) => (
          <ul class={css.list} aria-label="Webhooks">
            <For each={all()}>
              {(one) => <WebhookItem organization_id={props.organization_id} webhook={one} />}
            </For>
          </ul>
        )}
      </Match>
    </Switch>
  )
}
