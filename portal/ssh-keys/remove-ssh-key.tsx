import { For, type JSX, Show } from 'solid-js'
import { api, type SshKey } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { toast } from '../ui/toast.tsx'
import css from './ssh-keys.module.css'

/** Asks before a key goes, naming the robots whose door it opens. */
export function RemoveSshKey(props: { ssh_key: SshKey | undefined; close: () => void }): JSX.Element {
  return (
    <Show when={props.ssh_key} keyed>
      {(key) => <RemoveOne ssh_key={key} close={props.close} />}
    </Show>
  )
}

function RemoveOne(props: { ssh_key: SshKey; close: () => void }): JSX.Element {
  const act = async (): Promise<void> => {
    await api.sshKeys.remove.mutate({ id: props.ssh_key.id })
    await queryClient.invalidateQueries({ queryKey: ['ssh-keys'] })
    await queryClient.invalidateQueries({ queryKey: ['door-keys'] })
    toast({ title: 'Key removed', detail: `${props.ssh_key.name} opens no device any more.` })
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={`Remove ${props.ssh_key.name}?`}
      description={
        <Show when={props.ssh_key.devices.length > 0} fallback="It opens no device, so nobody is locked out.">
          These robots refuse it from their next contact with this server on:
        </Show>
      }
      verb="Remove key"
      act={act}
    >
      <Show when={props.ssh_key.devices.length > 0}>
        <ul class={css.doors}>
          <For each={props.ssh_key.devices}>
            {(one) => (
              <li>
                <strong>{one.name}</strong>{' '}
                <span>
                  in {one.organization}/{one.project}
                </span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </AskDialog>
  )
}
