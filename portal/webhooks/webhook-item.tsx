import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type Webhook } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { ahead } from '../ui/format.ts'
import { toastProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { DeliveryLog } from './delivery-log.tsx'
import { DisableWebhook, enableWebhook, RemoveWebhook, RotateSecret } from './end-webhook.tsx'
import { EditWebhook } from './webhook-form.tsx'
import { healthOf, hostOf, refreshWebhooks } from './webhook-queries.ts'
import css from './webhooks.module.css'

type Doing = 'edit' | 'rotate' | 'disable' | 'remove'

/** One receiver: where, what it is told, how it is, and what can be done with it. */
export function WebhookItem(props: { organization_id: string; webhook: Webhook }): JSX.Element {
  const [doing, setDoing] = createSignal<Doing>()
  const [open, setOpen] = createSignal(false)
  const done = () => setDoing(undefined)
  const test = async (): Promise<void> => {
    if (await sendTest(props.organization_id, props.webhook)) setOpen(true)
  }
  return (
    <li class={css.item}>
      <Facts webhook={props.webhook} />
      <div class={css.actions} role="group" aria-label={`Actions for ${hostOf(props.webhook)}`}>
        <Button size="sm" aria-expanded={open()} onClick={() => setOpen(!open())}>
          {open() ? 'Hide deliveries' : 'Deliveries'}
        </Button>
        <Show
          when={props.webhook.enabled}
          fallback={
            <Button size="sm" onClick={() => void enableWebhook(props.organization_id, props.webhook)}>
              Enable
            </Button>
          }
        >
          <Button size="sm" onClick={() => void test()}>
            Send test
          </Button>
          <Button size="sm" variant="ghost" onClick={() => setDoing('disable')}>
            Disable
          </Button>
        </Show>
        <Button size="sm" variant="ghost" onClick={() => setDoing('edit')}>
          Edit
        </Button>
        <Button size="sm" variant="ghost" onClick={() => setDoing('rotate')}>
          Rotate secret
        </Button>
        <Button size="sm" variant="ghost" onClick={() => setDoing('remove')}>
          Remove
        </Button>
      </div>
      <Show when={open()}>
        <DeliveryLog organization_id={props.organization_id} webhook={props.webhook} />
      </Show>
      <Switch>
        <Match when={doing() === 'edit'}>
          <EditWebhook {...props} close={done} />
        </Match>
        <Match when={doing() === 'rotate'}>
          <RotateSecret {...props} close={done} />
        </Match>
        <Match when={doing() === 'disable'}>
          <DisableWebhook {...props} close={done} />
        </Match>
        <Match when={doing() === 'remove'}>
          <RemoveWebhook {...props} close={done} />
        </Match>
      </Switch>
    </li>
  )
}

function Facts(props: { webhook: Webhook }): JSX.Element {
  const health = () => healthOf(props.webhook)
  return (
    <div class={css.facts}>
      <p class={css.url}>
        <code>{props.webhook.url}</code>
        <Show when={props.webhook.description}>
          {(text) => (
            <span class={css.dim}>
              <bdi>{text()}</bdi>
            </span>
          )}
        </Show>
      </p>
      <p class={css.health}>
        <Badge tone={health().tone}>{health().word}</Badge>
        <span class={css.dim}>
          {health().since} <Show when={health().at}>{(at) => <Time at={at()} />}</Show>
        </span>
      </p>
      <p class={css.told}>
        Told of {props.webhook.events.map((type) => type).join(', ')}
        <Show when={props.webhook.old_secret_until}>
          {(until) => (
            <>
              {' '}
              · the old secret signs as well, and ends <Time at={until()} words={ahead} />
            </>
          )}
        </Show>
      </p>
    </div>
  )
}

/** @returns whether it is on its way */
async function sendTest(org: string, webhook: Webhook): Promise<boolean> {
  try {
    await api.webhooks.test.mutate({ org, webhook: webhook.id })
    await refreshWebhooks(org)
    toast({ title: 'Test sent', detail: 'What came of it stands in the deliveries.' })
    return true
  } catch (error) {
    toastProblem('The test was not sent', error)
    return false
  }
}
