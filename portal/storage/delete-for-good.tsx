import { useQuery } from '@tanstack/solid-query'
import { createSignal, type JSX, Show } from 'solid-js'
import { api, type Organization, type TrashedEpisode } from '../api.ts'
import { refreshTrash } from '../episodes/trash-actions.tsx'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { count, size } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import css from './storage.module.css'
import { storageQuery } from './storage-queries.ts'

/** Asks before one episode of the trash goes now. */
export function DeleteForGood(props: { episode: TrashedEpisode; close: () => void }): JSX.Element {
  return (
    <AskDialog
      open
      close={props.close}
      title={`Delete ${props.episode.name || 'this episode'} for good?`}
      verb="Delete for good"
      description={`Its ${size(props.episode.bytes_total)} of artifacts, its logs and its tags go with it. This cannot be undone.`}
      act={async () => {
        await api.episodes.deleteTrashed.mutate({ ids: [props.episode.id] })
        await refreshTrash()
        toast({ title: 'Deleted for good' })
      }}
    />
  )
}

/** Asks for the name of the organization before all of its trash goes. */
export function EmptyTrash(props: { organization: Organization; close: () => void }): JSX.Element {
  const storage = useQuery(() => storageQuery(props.organization.id))
  const [typed, setTyped] = createSignal('')
  const sure = () => typed().trim() === props.organization.name
  const { error, busy, submit } = createSubmission(async () => {
    if (!sure()) return
    await api.episodes.emptyTrash.mutate({ organization_id: props.organization.id })
    await refreshTrash()
    toast({
      title: 'The trash is being emptied',
      detail: 'Organization, Storage says how many bytes are gone so far.',
    })
    props.close()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title="Empty the trash?"
      description={
        <Show when={storage.isSuccess && storage.data.trash} fallback="Everything in it goes for good.">
          {(trash) => (
            <>
              {count(trash().episodes, 'episode')}
              {trash().more ? ' and more' : ''}, {size(trash().bytes)}, of all projects go for good. This
              cannot be undone.
            </>
          )}
        </Show>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="empty-trash" variant="danger" busy={busy()} disabled={!sure()}>
            Empty the trash
          </Button>
        </>
      }
    >
      <form id="empty-trash" class={css.form} onSubmit={submit}>
        <Field
          label={`Type “${props.organization.name}” to delete all of it`}
          autocomplete="off"
          value={typed()}
          onText={setTyped}
        />
        <FormProblem error={error()} />
      </form>
    </Dialog>
  )
}
