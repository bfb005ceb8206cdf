import type { JSX } from 'solid-js'
import { api, type Notice } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { toast } from '../ui/toast.tsx'

/** Asks once, then ends the key that a notice is about. */
export function RevokeNoticedKey(props: {
  notice: Notice
  close: () => void
  done: () => void
}): JSX.Element {
  const id = () => props.notice.detail.api_key_id ?? ''
  const machine = () => props.notice.detail.hostname ?? props.notice.detail.label ?? 'the terminal'
  const act = async (): Promise<void> => {
    const { label } = await api.deviceLogin.revokeKey.mutate({ api_key_id: id() })
    toast({ title: 'Key revoked', detail: `${label} stopped working.` })
    await queryClient.invalidateQueries({ queryKey: ['api-keys'] })
    props.done()
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={`Revoke the key of ${machine()}?`}
      description={
        <>
          Whatever uses <code>{props.notice.detail.prefix ?? `rt_${id()}`}</code> stops logging with its next
          request, and this cannot be undone. Its episodes stay.
        </>
      }
      verb="Revoke key"
      act={act}
    />
  )
}
