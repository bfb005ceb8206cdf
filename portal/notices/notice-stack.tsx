import { queryOptions, useQuery } from '@tanstack/solid-query'
import ShieldAlert from 'lucide-solid/icons/shield-alert'
import Terminal from 'lucide-solid/icons/terminal'
import X from 'lucide-solid/icons/x'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { withPlace } from '../accounts/place.ts'
import { api, type Notice } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button, LinkButton } from '../ui/button.tsx'
import { size } from '../ui/format.ts'
import { toastProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import css from './notice-stack.module.css'
import { RevokeNoticedKey } from './revoke-noticed-key.tsx'

const noticesQuery = queryOptions({
  queryKey: ['notices'],
  queryFn: () => api.notices.list.query(),
  refetchInterval: 60_000,
  reconcile: 'id',
})

/** What an account has to be told about its own credentials, until it says that it has seen it. */
export function NoticeStack(): JSX.Element {
  const notices = useQuery(() => noticesQuery)
  const [revoking, setRevoking] = createSignal<Notice>()
  const shown = () => (notices.isSuccess ? notices.data : [])
  return (
    <Show when={shown().length > 0}>
      <section class={css.stack} aria-label="Notices">
        <For each={shown()}>
          {(notice) => (
            <NoticeLine
              notice={notice}
              dismiss={() => void dismissNotice(notice.id)}
              revoke={() => setRevoking(notice)}
            />
          )}
        </For>
      </section>
      <Show when={revoking()} keyed>
        {(notice) => (
          <RevokeNoticedKey
            notice={notice}
            close={() => setRevoking(undefined)}
            done={() => void dismissNotice(notice.id)}
          />
        )}
      </Show>
    </Show>
  )
}

function NoticeLine(props: { notice: Notice; dismiss: () => void; revoke: () => void }): JSX.Element {
  const routine = () => props.notice.kind === 'device_login_approved'
  return (
    <article class={css.notice} data-tone={routine() ? undefined : 'attention'}>
      <Show when={routine()} fallback={<ShieldAlert size={15} aria-hidden="true" />}>
        <Terminal size={15} aria-hidden="true" />
      </Show>
      <p>
        {noticeSentence(props.notice)} <Time class={css.when} at={props.notice.created_at} />
      </p>
      <Show when={props.notice.detail.api_key_id && props.notice.detail.outcome !== 'revoked'}>
        <Button size="sm" class={css.act} onClick={props.revoke}>
          Revoke this key
        </Button>
      </Show>
      <Show when={placeOf(props.notice)}>
        {(place) => (
          <LinkButton size="sm" class={css.act} href={place().href}>
            {place().label}
          </LinkButton>
        )}
      </Show>
      <Button size="sm" variant="ghost" icon aria-label="Dismiss" title="Dismiss" onClick={props.dismiss}>
        <X size={14} aria-hidden="true" />
      </Button>
    </article>
  )
}

/** Where something can be done about it. */
function placeOf({ kind, detail }: Notice): { href: string; label: string } | undefined {
  const at = (section: string) =>
    withPlace(`/portal/organization#${section}`, { org: detail.organization_slug })
  if (kind === 'quota_reached') return { href: at('storage'), label: 'Storage' }
  if (kind === 'webhook_disabled') return { href: at('webhooks'), label: 'Webhooks' }
  return undefined
}

/** The news in a sentence. Names come from terminals: they are text, whatever they say. */
function noticeSentence({ kind, detail }: Notice): string {
  const machine = detail.hostname ?? 'A terminal'
  const address = detail.ip ?? 'an unknown address'
  if (kind === 'device_login_approved')
    return `You authorized ${detail.hostname ?? 'a terminal'} at ${address} for ${detail.organization ?? 'your organization'}.`
  if (kind === 'device_login_poisoned')
    return `Another account opened the code of the login you had opened; it was stopped. ${machine} got no key.`
  if (kind === 'api_key_leaked') {
    const done = detail.outcome === 'revoked' ? 'It was revoked.' : 'It still works: rotate or revoke it.'
    return `The API key ${detail.label ?? detail.prefix ?? ''} was found in public${detail.url ? ` at ${detail.url}` : ''}. ${done}`
  }
  if (kind === 'password_reset')
    return `Your password was replaced with a reset link from ${address}, and every session was signed out. If that was not you, tell an administrator of this server at once.`
  if (kind === 'password_reset_link')
    return `${detail.by ?? 'An administrator'} made a link that replaces your password once. If you did not ask for it, ask them why.`
  if (kind === 'webhook_disabled') {
    const why = detail.because === 'gone' ? 'It answered 410 Gone' : 'Nothing reached it for five days'
    return `The webhook to ${detail.host ?? 'a receiver'} of ${detail.organization ?? 'your organization'} was disabled. ${why}; enable it again once it answers.`
  }
  if (kind === 'quota_reached')
    return `${detail.organization ?? 'Your organization'} stores ${size(Number(detail.used_bytes))} of the ${size(Number(detail.quota_bytes))} it may: an upload was refused. Delete episodes and empty the trash, or ask an administrator of this server for a larger quota.`
  if (kind === 'backup_failed')
    return `The scheduled backup${detail.folder ? ` to ${detail.folder}` : ''} failed: ${detail.reason ?? 'see the log of the server'}`
  if (kind === 'session_reused')
    return `An access token that had been exchanged for a new one was used again from ${address}. Its session was ended: somebody else may have had it.`
  return `The finished login of ${detail.hostname ?? 'a terminal'} was used again from ${address}. If that was not you, revoke its key.`
}

/** Gone at once; back if the server did not take it. */
async function dismissNotice(id: string): Promise<void> {
  const { queryKey } = noticesQuery
  await queryClient.cancelQueries({ queryKey })
  queryClient.setQueryData(queryKey, (all) => all?.filter((one) => one.id !== id))
  try {
    await api.notices.dismiss.mutate({ id })
  } catch (error) {
    toastProblem('The notice could not be dismissed', error)
  }
  await queryClient.invalidateQueries({ queryKey })
}
