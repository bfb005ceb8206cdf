import { createSignal, type JSX } from 'solid-js'
import { api, type Device, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem, toastProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { addressOf, refreshDevices } from './fleet-queries.ts'

/** Gives a robot that came to be from a text a proper name, and confirms it with that. */
export function RenameDialog(props: { device: Device; close: () => void }): JSX.Element {
  const before = props.device.name
  const [name, setName] = createSignal(before)
  const { error, busy, submit, forget } = createSubmission(async () => {
    const made = await api.fleet.update.mutate({
      ...addressOf(props.device),
      name: name().trim(),
      confirmed: true,
    })
    await refreshDevices()
    toast({
      title: `${before} is called ${made.name}`,
      detail: 'And it is confirmed.',
      action: { label: 'Undo the name', run: () => void nameBack(made, before) },
    })
    props.close()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Rename ${before}`}
      description={
        <>
          Episodes that name the robot <code>{before}</code> go on meaning it.
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="rename-device" variant="primary" busy={busy()}>
            Rename and confirm
          </Button>
        </>
      }
    >
      <form id="rename-device" onSubmit={submit}>
        <Field
          label="Name"
          mono
          maxLength={64}
          required
          autocomplete="off"
          hint="Letters, digits, dots, _ and -."
          value={name()}
          onText={(text) => {
            forget()
            setName(text)
          }}
          error={fieldError(error(), 'name')}
        />
        <FormProblem error={error()} except={['name']} />
      </form>
    </Dialog>
  )
}

async function nameBack(device: Device, name: string): Promise<void> {
  try {
    await api.fleet.update.mutate({ ...addressOf(device), name })
    await refreshDevices()
  } catch (error) {
    toastProblem('Could not undo it', error)
  }
}
