import { createSignal, type JSX, Show } from 'solid-js'
import { type ApiKey, api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { RevealDialog } from './reveal-dialog.tsx'

const OVERLAPS = [
  { value: '24h', words: '24 hours' },
  { value: '7d', words: '7 days' },
  { value: '1h', words: '1 hour' },
  { value: 'none', words: 'Not at all: it stops now' },
] as const

type Overlap = (typeof OVERLAPS)[number]['value']

/** Makes the key that takes over and shows it, once; says how long the old one goes on working. */
export function RotateDialog(props: { api_key: ApiKey; close: () => void }): JSX.Element {
  const [overlap, setOverlap] = createSignal<Overlap>('24h')
  const [made, setMade] = createSignal<string>()
  const { error, busy, submit } = createSubmission(async () => {
    const { key } = await api.apiKeys.rotate.mutate({ id: props.api_key.id, overlap: overlap() })
    setMade(key)
    await queryClient.invalidateQueries({ queryKey: ['api-keys'] })
  })
  return (
    <Show
      when={made()}
      fallback={
        <Dialog
          open
          onClose={props.close}
          title={`Rotate ${props.api_key.label}?`}
          description={
            <>
              A new key with the same label, rights and length of life takes over from{' '}
              <code>{props.api_key.prefix}</code>. Put it wherever the old one is; this page shows when the
              new one is used first, and whether the old one still is.
            </>
          }
          footer={
            <>
              <Button onClick={props.close}>Cancel</Button>
              <Button type="submit" form="rotate" variant="primary" busy={busy()}>
                Rotate key
              </Button>
            </>
          }
        >
          <form id="rotate" onSubmit={submit}>
            <ChoiceField
              label="The old key goes on working for"
              choices={[...OVERLAPS]}
              value={overlap()}
              onChoice={(value) => setOverlap(OVERLAPS.find((one) => one.value === value)?.value ?? '24h')}
              hint={
                overlap() === 'none'
                  ? 'Right when the key may have been seen by others: whatever uses it stops at once.'
                  : 'Never longer than it would have worked anyway.'
              }
            />
            <FormProblem error={error()} />
          </form>
        </Dialog>
      }
    >
      {(key) => <RevealDialog api_key={key()} label={props.api_key.label} close={props.close} />}
    </Show>
  )
}
