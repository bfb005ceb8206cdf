import type { JSX } from 'solid-js'
import { api, type Notice } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'

/** Asks once, then ends the key that a notice is about. */
export function RevokeNoticedKey(props: {
  notice: Notice
  close: () => void
  done: () => void
}): JSX.Element {
  const id = () => props.notice.detail.api_key_id ?? ''
  const machine = () => props.notice.detail.hostname ?? props.notice.detail.label ?? 'the terminal'
  const { error, busy, submit } = createSubmission(async () => {
    const { label } = await api.deviceLogin.revokeKey.mutate({ api_key_id: id() })
    toast({ title: 'Key revoked', detail: `${label} stopped working.` })
    await queryClient.invalidateQueries({ queryKey: ['api-keys'] })
    props.close()
    props.done()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Revoke the key of ${machine()}?`}
      description={
        <>
          Whatever uses <code>{props.notice.detail.prefix ?? `rt_${id()}`}</code> stops logging with its next
          request, and this cannot be undone. Its episodes stay.
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Revoke key
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}
