import { createSignal, type JSX, onMount } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { browserName } from './browser-name.ts'
import { refetchFactors } from './factor-queries.ts'
import { makePasskey } from './passkey.ts'

/** Names a new passkey, then has the browser make it. */
export function AddPasskeyDialog(props: {
  close: () => void
  codes: (codes: string[]) => void
}): JSX.Element {
  const [name, setName] = createSignal(browserName(navigator.userAgent))
  let field: HTMLInputElement | undefined
  onMount(() => field?.select())
  const { error, busy, submit } = createSubmission(async () => {
    const question = await api.auth.startPasskey.mutate()
    const response = await makePasskey(question)
    const { recovery_codes } = await api.auth.addPasskey.mutate({
      challenge: question.challenge,
      name: name(),
      response,
    })
    await refetchFactors()
    toast({ title: 'Passkey added', detail: `${name()} signs you in from now on.` })
    props.close()
    props.codes(recovery_codes)
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title="Add a passkey"
      description="The browser asks next: for your finger, your face, a PIN or a security key."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="add-passkey" variant="primary" busy={busy()}>
            Continue
          </Button>
        </>
      }
    >
      <form id="add-passkey" onSubmit={submit}>
        <Field
          ref={field}
          label="Name"
          hint="The device it lives on, so that you know it again."
          maxLength={60}
          required
          autocomplete="off"
          value={name()}
          onText={setName}
          error={fieldError(error(), 'name')}
        />
        <FormProblem error={error()} except={['name']} />
      </form>
    </Dialog>
  )
}
