import { useQuery } from '@tanstack/solid-query'
import Check from 'lucide-solid/icons/check'
import { createEffect, createSignal, type JSX, on, onCleanup, onMount, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { Button } from '../ui/button.tsx'
import { CodeTabs } from '../ui/code-tabs.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Secret } from '../ui/secret.tsx'
import css from './enrol.module.css'
import { enrolSnippets } from './enrol-snippets.ts'
import { enrolmentTokensQuery, refreshDevices } from './fleet-queries.ts'

export interface EnrolRevealProps {
  token: string
  id: string
  label: string
  uses: number
  org: string
  project: string
  close: () => void
}

/** Shows a new token, once, with the commands that use it, and counts the robots that do. */
export function EnrolReveal(props: EnrolRevealProps): JSX.Element {
  const session = useSession()
  const [copied, setCopied] = createSignal(false)
  const [asking, setAsking] = createSignal(false)
  const warn = (event: BeforeUnloadEvent): void => {
    if (!copied()) event.preventDefault()
  }
  onMount(() => window.addEventListener('beforeunload', warn))
  onCleanup(() => window.removeEventListener('beforeunload', warn))
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      guard={() => setAsking(true)}
      title="Copy your enrolment token"
      description={
        <>
          This is the whole token of <strong>{props.label}</strong>. It will not be shown again: the server
          keeps only its hash.
        </>
      }
      footer={
        <>
          <p class={css.ask} role="status">
            {asking() && !copied() ? 'You have not copied it here.' : ''}
          </p>
          <Button
            variant={asking() && !copied() ? 'danger' : 'primary'}
            onClick={() => (copied() || asking() ? props.close() : setAsking(true))}
          >
            {asking() && !copied() ? 'Close for good' : 'I have stored it'}
          </Button>
        </>
      }
    >
      <div class={css.reveal} onCopy={() => setCopied(true)}>
        <Secret text={props.token} what="enrolment token" onCopied={() => setCopied(true)} />
        <CodeTabs label="Where" snippets={enrolSnippets(session.me().public_url, props.token)} />
        <Progress {...props} />
      </div>
    </Dialog>
  )
}

/** How many robots have enrolled by now; counts by itself. */
function Progress(props: EnrolRevealProps): JSX.Element {
  const tokens = useQuery(() => enrolmentTokensQuery(props.org, props.project, 2_000))
  const used = () =>
    (tokens.isSuccess ? tokens.data.find(({ id }) => id === props.id)?.use_count : undefined) ?? 0
  createEffect(on(used, () => void refreshDevices(), { defer: true }))
  return (
    <p class={css.progress} role="status" data-done={used() >= props.uses || undefined}>
      <Show when={used() > 0} fallback={<span class={css.dot} aria-hidden="true" />}>
        <Check size={15} aria-hidden="true" />
      </Show>
      {used() === 0 ? 'Waiting for the first robot…' : `${used()} of ${props.uses} enrolled`}
    </p>
  )
}
