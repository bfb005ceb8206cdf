import { createEffect, createSignal, type JSX, on, Show } from 'solid-js'
import { type ApiKey, api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time, useNow } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { shortNetwork } from './key-facts.ts'

const DAY = 86_400_000

/** Says what stops working; a key that was used within a day wants its label typed. */
export function RevokeDialog(props: { api_key: ApiKey; close: () => void }): JSX.Element {
  const now = useNow()
  const [typed, setTyped] = createSignal('')
  const inUse = () =>
    props.api_key.last_used_at !== null && now() - Date.parse(props.api_key.last_used_at) < DAY
  const sure = () => !inUse() || typed().trim() === props.api_key.label.trim()
  const { error, busy, submit, forget } = createSubmission(async () => {
    if (!sure()) return
    await api.apiKeys.revoke.mutate({ id: props.api_key.id })
    await queryClient.invalidateQueries({ queryKey: ['api-keys'] })
    toast({ title: 'Key revoked', detail: `${props.api_key.label} stopped working.` })
    props.close()
  })
  createEffect(on(typed, forget))
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Revoke ${props.api_key.label}?`}
      description={
        <>
          Whatever uses <code>{props.api_key.prefix}</code> stops logging with its next request, and this
          cannot be undone. Its episodes stay.{' '}
          <Show when={props.api_key.last_used_at} fallback="This key was never used.">
            {(at) => (
              <>
                Last used <Time at={at()} />
                <Show when={props.api_key.last_network}>
                  {(network) => (
                    <>
                      {' '}
                      from <code>{shortNetwork(network())}</code>
                    </>
                  )}
                </Show>
                .
              </>
            )}
          </Show>
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} disabled={!sure()} onClick={submit}>
            Revoke key
          </Button>
        </>
      }
    >
      <Show when={inUse()}>
        <form onSubmit={submit}>
          <Field
            label={`It is in use. Type “${props.api_key.label}” to revoke it`}
            autocomplete="off"
            value={typed()}
            onText={setTyped}
          />
        </form>
      </Show>
      <FormProblem error={error()} />
    </Dialog>
  )
}
