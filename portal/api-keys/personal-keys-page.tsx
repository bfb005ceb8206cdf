import { useQuery } from '@tanstack/solid-query'
import KeyRound from 'lucide-solid/icons/key-round'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { SettingsFrame } from '../accounts/settings-frame.tsx'
import { type ApiKey, api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { CodeBlock } from '../ui/code-tabs.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { Field } from '../ui/field.tsx'
import { Section } from '../ui/page.tsx'
import { FormProblem, PageProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { useNow } from '../ui/time.tsx'
import css from './api-key-panel.module.css'
import { KeyDetail } from './key-detail.tsx'
import { isLive, tally } from './key-facts.ts'
import fields from './key-fields.module.css'
import { endOf, type Life, LifeFields, SCOPE_CHOICES, type Scope, ScopeFields } from './key-fields.tsx'
import { KeyRow } from './key-row.tsx'
import { RevealDialog } from './reveal-dialog.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'
import { RotateDialog } from './rotate-dialog.tsx'

const personalQuery = {
  // Below the key of all keys, so that what changes one refreshes this list, too.
  queryKey: ['api-keys', 'personal'],
  queryFn: () => api.apiKeys.personal.query(),
  refetchInterval: 15_000,
  reconcile: 'id' as const,
}

/** `/portal/settings/api-keys`: one's own rbtk_ keys, good in every organization one belongs to. */
export function PersonalKeysPage(): JSX.Element {
  const session = useSession()
  const [minting, setMinting] = createSignal(false)
  const roles = () => session.me().organizations.map(({ role }) => role)
  const mayMint = () => session.me().account.staff || roles().some((role) => role !== 'viewer')
  return (
    <SettingsFrame title="API keys">
      <Section
        title="Personal API keys"
        note="A personal key acts as you in every organization you belong to, never with more rights than you have there. It ends when your account does. For robots and CI, make a key of the organization instead."
        actions={
          <Show when={mayMint()}>
            <Button variant="primary" onClick={() => setMinting(true)}>
              <Plus size={15} aria-hidden="true" /> New personal key
            </Button>
          </Show>
        }
      >
        <PersonalKeys
          mayMint={mayMint()}
          base_url={session.me().public_url}
          slug={session.organization()?.slug ?? 'acme'}
        />
      </Section>
      <Show when={minting()}>
        <MintPersonal
          admin={session.me().account.staff || roles().some((role) => role === 'owner' || role === 'admin')}
          close={() => setMinting(false)}
        />
      </Show>
    </SettingsFrame>
  )
}

function PersonalKeys(props: { mayMint: boolean; base_url: string; slug: string }): JSX.Element {
  const keys = useQuery(() => personalQuery)
  return (
    <Switch>
      <Match when={keys.isError && !keys.isSuccess}>
        <PageProblem error={keys.error} retry={() => keys.refetch()} />
      </Match>
      <Match when={keys.isSuccess && keys.data.length === 0}>
        <EmptyState icon={<KeyRound size={22} aria-hidden="true" />} title="No personal keys yet">
          <p>
            {props.mayMint
              ? 'Make one for your own scripts. Where an address does not say which organization is meant, name it in a header:'
              : 'You are a viewer everywhere: only members make keys.'}
          </p>
          <Show when={props.mayMint}>
            <div class={css.example}>
              <CodeBlock code={snippet(props.base_url, props.slug)} what="curl example" />
            </div>
          </Show>
        </EmptyState>
      </Match>
      <Match when={keys.isSuccess && keys.data}>{(found) => <PersonalTable keys={found()} />}</Match>
    </Switch>
  )
}

function snippet(base_url: string, slug: string): string {
  return [
    `curl -fsS "${base_url}/api/episodes?limit=5" \\`,
    '  -H "Authorization: Bearer rbtk_…" \\',
    `  -H "X-RoboTrace-Organization: ${slug}"`,
  ].join('\n')
}

function PersonalTable(props: { keys: ApiKey[] }): JSX.Element {
  const now = useNow()
  const [acting, setActing] = createSignal<{ key: ApiKey; act: 'open' | 'rotate' | 'revoke' }>()
  const close = (): void => {
    setActing(undefined)
  }
  return (
    <>
      <TableFrame label="Personal API keys">
        <table class={`${table.table} ${css.keys}`} role="table">
          <thead>
            <tr>
              <For each={['Key', 'May', 'Created', 'Last used', '30 days', 'Status']}>
                {(name) => <th>{name}</th>}
              </For>
              <th class={table.end}>
                <span class="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            <For each={props.keys}>
              {(key) => (
                <KeyRow
                  api_key={key}
                  keys={props.keys}
                  days={undefined}
                  live={isLive(key, now())}
                  mayRotate={key.rotated_to === null}
                  mayRevoke
                  own
                  open={() => setActing({ key, act: 'open' })}
                  rotate={() => setActing({ key, act: 'rotate' })}
                  revoke={() => setActing({ key, act: 'revoke' })}
                />
              )}
            </For>
          </tbody>
        </table>
        <p class={table.note}>{tally(props.keys, now())}</p>
      </TableFrame>
      <Show when={acting()} keyed>
        {({ key, act }) => (
          <Switch>
            <Match when={act === 'open'}>
              <KeyDetail api_key={key} keys={props.keys} mayEdit close={close} />
            </Match>
            <Match when={act === 'rotate'}>
              <RotateDialog api_key={key} close={close} />
            </Match>
            <Match when={act === 'revoke'}>
              <RevokeDialog api_key={key} close={close} />
            </Match>
          </Switch>
        )}
      </Show>
    </>
  )
}

const USUAL: Scope[] = SCOPE_CHOICES.map(({ scope }) => scope).filter(
  (scope) => scope !== 'keys:manage' && scope !== 'admin',
)

function MintPersonal(props: { admin: boolean; close: () => void }): JSX.Element {
  const [label, setLabel] = createSignal('')
  const [scopes, setScopes] = createSignal<Scope[]>(USUAL)
  const [life, setLife] = createSignal<Life>({ choice: '', date: '' })
  const [minted, setMinted] = createSignal<{ key: string; label: string }>()
  const { error, busy, submit } = createSubmission(async () => {
    const wish = { label: label().trim(), scopes: scopes(), expires_at: endOf(life(), Date.now()) }
    const { key, api_key } = await api.apiKeys.mintPersonal.mutate(wish)
    setMinted({ key, label: api_key.label })
    await queryClient.invalidateQueries({ queryKey: ['api-keys', 'personal'] })
  })
  return (
    <Show
      when={minted()}
      fallback={
        <Dialog
          open
          wide
          onClose={props.close}
          title="New personal key"
          description="It may at most what is ticked, and in each organization never more than you."
          footer={
            <>
              <Button onClick={props.close}>Cancel</Button>
              <Button type="submit" form="mint-personal" variant="primary" busy={busy()}>
                Create key
              </Button>
            </>
          }
        >
          <form id="mint-personal" class={fields.form} onSubmit={submit}>
            <Field
              label="Label"
              placeholder="my laptop"
              maxLength={80}
              required
              autocomplete="off"
              value={label()}
              onText={setLabel}
              error={fieldError(error(), 'label') ?? ''}
            />
            <ScopeFields
              chosen={scopes()}
              admin={props.admin}
              onChoose={setScopes}
              error={fieldError(error(), 'scopes')}
            />
            <LifeFields
              life={life()}
              longest={null}
              onLife={setLife}
              error={fieldError(error(), 'expires_at')}
            />
            <FormProblem error={error()} except={['label', 'scopes', 'expires_at']} />
          </form>
        </Dialog>
      }
    >
      {(one) => <RevealDialog api_key={one().key} label={one().label} close={props.close} />}
    </Show>
  )
}
