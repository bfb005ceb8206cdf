import { For, type JSX, Show } from 'solid-js'
import { api, type SshKey } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
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
  const { error, busy, submit } = createSubmission(async () => {
    await api.sshKeys.remove.mutate({ id: props.ssh_key.id })
    await queryClient.invalidateQueries({ queryKey: ['ssh-keys'] })
    await queryClient.invalidateQueries({ queryKey: ['door-keys'] })
    toast({ title: 'Key removed', detail: `${props.ssh_key.name} opens no device any more.` })
    props.close()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Remove ${props.ssh_key.name}?`}
      description={
        <Show when={props.ssh_key.devices.length > 0} fallback="It opens no device, so nobody is locked out.">
          These robots refuse it from their next contact with this server on:
        </Show>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Remove key
          </Button>
        </>
      }
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
      <FormProblem error={error()} />
    </Dialog>
  )
}
