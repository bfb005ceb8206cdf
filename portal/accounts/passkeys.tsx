import { useQuery } from '@tanstack/solid-query'
import Plus from 'lucide-solid/icons/plus'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { api, type Factors } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { Section } from '../ui/page.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { AddPasskeyDialog } from './add-passkey-dialog.tsx'
import { factorsQuery, refetchFactors } from './factor-queries.ts'
import { canUsePasskeys } from './passkey.ts'
import { RecoveryCodesDialog } from './recovery-codes-dialog.tsx'
import { useSession } from './session.tsx'
import css from './settings-page.module.css'

type Passkey = Factors['passkeys'][number]

/** One's passkeys, and why there can be none where that is so. */
export function Passkeys(): JSX.Element {
  const session = useSession()
  const factors = useQuery(() => factorsQuery)
  const [adding, setAdding] = createSignal(false)
  const [removing, setRemoving] = createSignal<Passkey>()
  const [codes, setCodes] = createSignal<string[]>([])
  const list = () => (factors.isSuccess ? factors.data.passkeys : [])
  const home = () => new URL(session.me().public_url)
  const usable = () => canUsePasskeys(home().hostname)
  return (
    <Section
      title="Passkeys"
      id="passkeys"
      note="Your finger, your face or a security key instead of codes. A passkey also signs in alone, without the password."
      actions={
        <Show when={factors.isSuccess && factors.data.passkeys_possible && usable()}>
          <Button onClick={() => setAdding(true)}>
            <Plus size={14} aria-hidden="true" /> Add a passkey
          </Button>
        </Show>
      }
    >
      <Show
        when={list().length > 0}
        fallback={
          <p class={css.dim}>
            <Why
              possible={!factors.isSuccess || factors.data.passkeys_possible}
              usable={usable()}
              home={home()}
            />
          </p>
        }
      >
        <PasskeyTable rows={list()} remove={setRemoving} />
      </Show>
      <Show when={adding()}>
        <AddPasskeyDialog close={() => setAdding(false)} codes={setCodes} />
      </Show>
      <Show when={removing()} keyed>
        {(one) => <RemovePasskey passkey={one} close={() => setRemoving(undefined)} />}
      </Show>
      <Show when={codes().length > 0}>
        <RecoveryCodesDialog codes={codes()} close={() => setCodes([])} />
      </Show>
    </Section>
  )
}

function Why(props: { possible: boolean; usable: boolean; home: URL }): JSX.Element {
  return (
    <Show
      when={props.possible}
      fallback={
        <>
          Browsers give passkeys only to a host name with https (or localhost), and this server is{' '}
          <code>{props.home.origin}</code>. Its administrator can set <code>PUBLIC_URL</code> to such an
          address.
        </>
      }
    >
      <Show
        when={props.usable}
        fallback={
          <>
            Passkeys belong to <code>{props.home.origin}</code>. Open the portal at that address, in a browser
            that has passkeys, to add one.
          </>
        }
      >
        None yet. Add one on each device you work at.
      </Show>
    </Show>
  )
}

function PasskeyTable(props: { rows: Passkey[]; remove: (one: Passkey) => void }): JSX.Element {
  return (
    <TableFrame label="Passkeys table">
      <table class={`${table.table} ${table.cards}`} role="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Added</th>
            <th>Last used</th>
            <th class={table.end}>
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.rows}>
            {(row) => (
              <tr role="row">
                <td role="cell">
                  <bdi>{row.name}</bdi>
                </td>
                <td role="cell" data-label="Added">
                  <Time at={row.created_at} />
                </td>
                <td role="cell" data-label="Last used">
                  <Show when={row.last_used_at} fallback={<span class={css.dim}>Never</span>}>
                    {(at) => <Time at={at()} />}
                  </Show>
                </td>
                <td role="cell" class={table.end}>
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={`Remove ${row.name}`}
                    onClick={() => props.remove(row)}
                  >
                    Remove
                  </Button>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </TableFrame>
  )
}

function RemovePasskey(props: { passkey: Passkey; close: () => void }): JSX.Element {
  const act = async (): Promise<void> => {
    const { name } = await api.auth.removePasskey.mutate({ id: props.passkey.id })
    await refetchFactors()
    toast({ title: 'Passkey removed', detail: `${name} no longer signs you in.` })
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={`Remove ${props.passkey.name}?`}
      description="It stops signing you in at once. The device keeps its half, which is then good for nothing: delete it there as well."
      verb="Remove passkey"
      act={act}
    />
  )
}
