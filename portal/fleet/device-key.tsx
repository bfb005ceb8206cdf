import KeyRound from 'lucide-solid/icons/key-round'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, type Device } from '../api.ts'
import { RevealDialog } from '../api-keys/reveal-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { toastProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { refreshDevices } from './fleet-queries.ts'

/** Makes the API key that the robot's sshd asks with: pinned to this device, and able to read and nothing else. */
export function MakeDeviceKey(props: { device: Device; organization_id: string }): JSX.Element {
  // Kept here and nowhere else, as for every key.
  const [key, setKey] = createSignal<string>()
  const { busy, submit } = createSubmission(async () => {
    try {
      const made = await api.apiKeys.mint.mutate({
        organization_id: props.organization_id,
        label: props.device.name,
        scopes: ['fleet:read'],
        device_id: props.device.id,
      })
      setKey(made.key)
      await refreshDevices()
    } catch (error) {
      toastProblem('Could not make the key', error)
    }
  })
  return (
    <>
      <Button busy={busy()} onClick={submit}>
        <KeyRound size={14} aria-hidden="true" /> Make its API key
      </Button>
      <Show when={key()}>
        {(text) => (
          <RevealDialog api_key={text()} label={props.device.name} close={() => setKey(undefined)} />
        )}
      </Show>
    </>
  )
}
