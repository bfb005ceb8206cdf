import { createSignal, type JSX, Show } from 'solid-js'
import { api, type Webhook } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { toastProblem } from '../ui/problem.tsx'
import { toast } from '../ui/toast.tsx'
import { SecretDialog } from './secret-dialog.tsx'
import { hostOf, refreshWebhooks } from './webhook-queries.ts'

interface OneWebhook {
  organization_id: string
  webhook: Webhook
}
type Asked = OneWebhook & { close: () => void }

/** @example toldOf(webhook) // 'episode.ready and key.revoked' */
function toldOf({ events }: Webhook): string {
  const last = events.at(-1) ?? ''
  return events.length < 2 ? last : `${events.slice(0, -1).join(', ')} and ${last}`
}

async function change({ organization_id: org, webhook }: OneWebhook, enabled: boolean): Promise<void> {
  await api.webhooks.change.mutate({ org, webhook: webhook.id, enabled })
  await refreshWebhooks(org)
}

/** Says what it will not hear of any more. */
export function DisableWebhook(props: Asked): JSX.Element {
  return (
    <AskDialog
      open
      close={props.close}
      title={`Disable ${hostOf(props.webhook)}?`}
      verb="Disable"
      description={
        <>
          It hears no more of {toldOf(props.webhook)}: what happens while it is disabled is not told later.
          What waits to be tried again is over. Its secret and its deliveries stay, and it can be enabled at
          any time.
        </>
      }
      act={async () => {
        await change(props, false)
        toast({
          title: 'Webhook disabled',
          detail: `${hostOf(props.webhook)} is told nothing.`,
          action: { label: 'Undo', run: () => void enableWebhook(props.organization_id, props.webhook) },
        })
      }}
    />
  )
}

/** Tells it what happens again, from now on. */
export async function enableWebhook(organization_id: string, webhook: Webhook): Promise<void> {
  try {
    await change({ organization_id, webhook }, true)
    toast({ title: 'Webhook enabled', detail: `${hostOf(webhook)} is told what happens from now on.` })
  } catch (error) {
    toastProblem('The webhook was not enabled', error)
  }
}

export function RemoveWebhook(props: Asked): JSX.Element {
  return (
    <AskDialog
      open
      close={props.close}
      title={`Remove ${hostOf(props.webhook)}?`}
      verb="Remove webhook"
      description={
        <>
          <code>{props.webhook.url}</code> hears no more of {toldOf(props.webhook)}. Its secret, and the log
          of what it was sent, are gone for good. To pause it, disable it instead.
        </>
      }
      act={async () => {
        const { organization_id: org } = props
        await api.webhooks.remove.mutate({ org, webhook: props.webhook.id })
        await refreshWebhooks(org)
        toast({ title: 'Webhook removed', detail: `${hostOf(props.webhook)} is told nothing more.` })
      }}
    />
  )
}

/** A new secret, shown once; the old one signs beside it for a day. */
export function RotateSecret(props: Asked): JSX.Element {
  const [secret, setSecret] = createSignal<string>()
  return (
    <Show
      when={secret()}
      fallback={
        <AskDialog
          open
          harmless
          // The dialog closes itself once the secret is there; then that is what is shown.
          close={() => secret() === undefined && props.close()}
          title={`Rotate the secret of ${hostOf(props.webhook)}?`}
          verb="Rotate"
          description={
            <>
              For 24 hours both the old and the new secret sign every message, so nothing is lost while{' '}
              {hostOf(props.webhook)} is changed.
              <Show when={props.webhook.old_secret_until}>
                {' '}
                The secret before the current one, which still signs, ends now.
              </Show>
            </>
          }
          act={async () => {
            const { organization_id: org } = props
            const made = await api.webhooks.rotateSecret.mutate({ org, webhook: props.webhook.id })
            await refreshWebhooks(org)
            setSecret(made.secret)
          }}
        />
      }
    >
      {(text) => (
        <SecretDialog
          secret={text()}
          host={hostOf(props.webhook)}
          note="The one before signs beside it for 24 hours."
          close={props.close}
        />
      )}
    </Show>
  )
}
