import { useNavigate } from '@solidjs/router'
import { createSignal, type JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { refreshDevices } from './fleet-queries.ts'

/** Adds a robot, then opens its page. */
export function NewDeviceDialog(props: {
  org: string
  project: string
  /** What the project is called. */
  into: string
  close: () => void
}): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const [name, setName] = createSignal('')
  const { error, busy, submit, forget } = createSubmission(async () => {
    const made = await api.fleet.create.mutate({
      org: props.org,
      project: props.project,
      name: name().trim(),
    })
    await refreshDevices()
    props.close()
    navigate(session.href(`/portal/devices/${made.id}`))
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`New device in ${props.into}`}
      description="The name people call the robot. Scripts use the same one."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="new-device" variant="primary" busy={busy()}>
            Add device
          </Button>
        </>
      }
    >
      <form id="new-device" onSubmit={submit}>
        <Field
          label="Name"
          mono
          placeholder="arm-7"
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
