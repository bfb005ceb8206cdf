import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, onMount, Show } from 'solid-js'
import { api, type Identity } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './provider-link.module.css'
import { providerQuery } from './provider-sign-in.tsx'
import { providerWords } from './provider-words.ts'

/**
 * The part of the settings in which the account at the provider is linked and unlinked; nothing where there is no
 * provider.
 */
export function ProviderLink(): JSX.Element {
  const provider = useQuery(() => providerQuery)
  return <Show when={provider.isSuccess && provider.data}>{(found) => <Linked name={found().name} />}</Show>
}

function Linked(props: { name: string }): JSX.Element {
  const identities = useQuery(() => ({
    queryKey: ['identities'],
    queryFn: () => api.provider.identities.query(),
  }))
  const [unlinking, setUnlinking] = createSignal<Identity>()
  const { error, busy, submit } = createSubmission(async () => {
    const { url } = await api.provider.link.mutate()
    location.assign(url)
  })
  sayOutcome(() => props.name)
  return (
    <Section
      title={props.name}
      note={`Sign in with your account at ${props.name} instead of the password.`}
      actions={
        <Show when={identities.isSuccess && identities.data.length === 0}>
          <Button busy={busy()} onClick={submit}>
            Link {props.name}
          </Button>
        </Show>
      }
    >
      <FormProblem error={error() ?? identities.error} />
      <Show when={identities.isSuccess && identities.data}>
        {(all) => (
          <ul class={css.list}>
            <For each={all()} fallback={<li class={css.none}>No account is linked.</li>}>
              {(one) => (
                <li class={css.line}>
                  <span>
                    {host(one.issuer)} · linked <Time at={one.created_at} />
                  </span>
                  <Button size="sm" variant="ghost" onClick={() => setUnlinking(one)}>
                    Unlink
                  </Button>
                </li>
              )}
            </For>
          </ul>
        )}
      </Show>
      <Show when={unlinking()} keyed>
        {(one) => <Unlink identity={one} name={props.name} close={() => setUnlinking(undefined)} />}
      </Show>
    </Section>
  )
}

function Unlink(props: { identity: Identity; name: string; close: () => void }): JSX.Element {
  const act = async (): Promise<void> => {
    const { issuer, subject } = props.identity
    await api.provider.unlink.mutate({ issuer, subject })
    await queryClient.invalidateQueries({ queryKey: ['identities'] })
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={`Unlink ${props.name}?`}
      description={`From then on, your account at ${props.name} does not sign in here. Open sessions stay.`}
      verb="Unlink"
      act={act}
    />
  )
}

/** Coming back from the provider, the address says what became of it: told once, then taken out. */
function sayOutcome(name: () => string): void {
  const [search, setSearch] = useSearchParams<{ provider?: string }>()
  onMount(() => {
    if (typeof search.provider !== 'string') return
    if (search.provider === 'linked') toast({ title: `${name()} is linked` })
    const words = providerWords(search.provider, name())
    if (words) toast({ tone: 'failed', title: `${name()} was not linked`, detail: words })
    setSearch({ provider: undefined }, { replace: true })
  })
}

function host(issuer: string): string {
  return URL.canParse(issuer) ? new URL(issuer).host : issuer
}
