import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, fieldError, type Webhook } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { SecretDialog } from './secret-dialog.tsx'
import { EVENTS, type EventType, hostOf, refreshWebhooks } from './webhook-queries.ts'
import css from './webhooks.module.css'

const FIELDS = ['url', 'description', 'events']

interface Wish {
  url: string
  description: string
  events: EventType[]
}

/** Where to, for what, and of which events. */
export function NewWebhook(props: { organization_id: string; close: () => void }): JSX.Element {
  // Kept here and nowhere else: no cache, no storage, no address ever holds the secret.
  const [made, setMade] = createSignal<{ secret: string; host: string }>()
  return (
    <Show
      when={made()}
      fallback={
        <WebhookForm
          title="Add a webhook"
          description="Messages are signed, sent over https, and tried again for about a day until your service answers 200 to 299."
          verb="Add webhook"
          begin={{ url: '', description: '', events: ['episode.failed'] }}
          close={props.close}
          save={async (wish) => {
            const { secret, webhook } = await api.webhooks.create.mutate({
              org: props.organization_id,
              ...wish,
            })
            await refreshWebhooks(props.organization_id)
            setMade({ secret, host: hostOf(webhook) })
          }}
        />
      }
    >
      {(one) => <SecretDialog secret={one().secret} host={one().host} close={props.close} />}
    </Show>
  )
}

/** The same for one that is there; its secret stays. */
export function EditWebhook(props: {
  organization_id: string
  webhook: Webhook
  close: () => void
}): JSX.Element {
  return (
    <WebhookForm
      title={`Edit ${hostOf(props.webhook)}`}
      description="It holds for what happens from now on. What waits to be tried again goes to the new address as well."
      verb="Save"
      begin={props.webhook}
      close={props.close}
      save={async (wish) => {
        const { organization_id: org } = props
        await api.webhooks.change.mutate({ org, webhook: props.webhook.id, ...wish })
        await refreshWebhooks(org)
        props.close()
        toast({ title: 'Webhook saved' })
      }}
    />
  )
}

function WebhookForm(props: {
  title: string
  description: string
  verb: string
  begin: Wish
  close: () => void
  save: (wish: Wish) => Promise<void>
}): JSX.Element {
  const [url, setUrl] = createSignal(props.begin.url)
  const [description, setDescription] = createSignal(props.begin.description)
  const [events, setEvents] = createSignal<EventType[]>([...props.begin.events])
  const { error, busy, submit } = createSubmission(() =>
    props.save({ url: url().trim(), description: description().trim(), events: events() }),
  )
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={props.title}
      description={props.description}
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="webhook" variant="primary" busy={busy()}>
            {props.verb}
          </Button>
        </>
      }
    >
      <form id="webhook" class={css.form} onSubmit={submit}>
        <Field
          label="URL"
          mono
          type="url"
          placeholder="https://hooks.example.com/robotrace"
          maxLength={2000}
          required
          autocomplete="off"
          spellcheck={false}
          hint="https only, at a public address unless this server allows its network."
          value={url()}
          onText={setUrl}
          error={fieldError(error(), 'url')}
        />
        <EventFields chosen={events()} choose={setEvents} error={fieldError(error(), 'events')} />
        <Field
          label="Description"
          placeholder="on-call channel"
          maxLength={200}
          autocomplete="off"
          value={description()}
          onText={setDescription}
          error={fieldError(error(), 'description')}
        />
        <FormProblem error={error()} except={FIELDS} />
      </form>
    </Dialog>
  )
}

function EventFields(props: {
  chosen: readonly EventType[]
  choose: (events: EventType[]) => void
  error: string | undefined
}): JSX.Element {
  const toggle = (type: EventType, on: boolean): void => {
    const all = EVENTS.map((one) => one.type)
    props.choose(all.filter((one) => (one === type ? on : props.chosen.includes(one))))
  }
  return (
    <fieldset class={css.events}>
      <legend>Tell it when</legend>
      <For each={EVENTS}>
        {(one) => (
          <label class={css.event}>
            <input
              type="checkbox"
              checked={props.chosen.includes(one.type)}
              onChange={(event) => toggle(one.type, event.currentTarget.checked)}
            />
            <span>
              {one.words} <code class={css.code}>{one.type}</code>
              <span class={css.hint}>{one.hint}</span>
            </span>
          </label>
        )}
      </For>
      <Show when={props.error}>
        <p class={css.error}>Events: {props.error}</p>
      </Show>
    </fieldset>
  )
}
