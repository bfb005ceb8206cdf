import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { RevealDialog } from './reveal-dialog.tsx'

/** Asks for a label, mints, then shows the key: the only moment its text exists in the portal. */
export function MintDialog(props: {
  organization_id: string
  open: boolean
  close: () => void
}): JSX.Element {
  const [label, setLabel] = createSignal('')
  // Kept here and nowhere else: no cache, no storage, no address ever holds the key.
  const [minted, setMinted] = createSignal<{ key: string; label: string }>()
  const { error, busy, submit } = createSubmission(async () => {
    const { key, api_key } = await api.apiKeys.mint.mutate({
      organization_id: props.organization_id,
      label: label().trim(),
    })
    props.close()
    setMinted({ key, label: api_key.label })
    setLabel('')
    await queryClient.invalidateQueries({ queryKey: ['api-keys', props.organization_id] })
  })
  return (
    <>
      <Dialog
        open={props.open}
        onClose={props.close}
        title="New API key"
        description="The label reminds you what the key is for. One key for each robot, laptop or CI job is a good habit."
        footer={
          <>
            <Button onClick={props.close}>Cancel</Button>
            <Button type="submit" form="mint" variant="primary" busy={busy()}>
              Create key
            </Button>
          </>
        }
      >
        <form id="mint" onSubmit={submit}>
          <Field
            label="Label"
            placeholder="prod robot rig"
            maxLength={80}
            required
            autocomplete="off"
            value={label()}
            onText={setLabel}
            error={fieldError(error(), 'label')}
          />
          <Show when={error() && !fieldError(error(), 'label')}>
            <FormProblem error={error()} />
          </Show>
        </form>
      </Dialog>
      <Show when={minted()}>
        {(one) => <RevealDialog api_key={one().key} label={one().label} close={() => setMinted(undefined)} />}
      </Show>
    </>
  )
}
