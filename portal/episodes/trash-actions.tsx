import TrashIcon from 'lucide-solid/icons/trash'
import { createSignal, For, type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Episode } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { ahead, count } from '../ui/format.ts'
import { toastProblem } from '../ui/problem.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import css from './episode-page.module.css'

type Named = Pick<Episode, 'id' | 'name'>

/** So many are named; of the others the number is said. */
const NAMED = 6

/** After anything that went into the trash or came out of it. */
export async function refreshTrash(): Promise<void> {
  await Promise.all(
    [['episode'], ['episodes'], ['trash'], ['storage']].map((queryKey) =>
      queryClient.invalidateQueries({ queryKey }),
    ),
  )
}

/** Asks before episodes go to the trash, by name; the toast takes it back. */
export function AskToTrash(props: {
  episodes: readonly Named[]
  close: () => void
  done?: () => void
}): JSX.Element {
  const title = () =>
    props.episodes.length === 1
      ? `Delete ${props.episodes[0]?.name || 'this episode'}?`
      : `Delete ${count(props.episodes.length, 'episode')}?`
  return (
    <AskDialog
      open
      close={props.close}
      title={title()}
      verb="Move to trash"
      description={
        props.episodes.length === 1
          ? 'It leaves every list and takes no uploads any more. It can be restored from the trash until its time there is over; then it goes for good, with its artifacts, logs and tags.'
          : 'They leave every list and take no uploads any more. Each can be restored from the trash until its time there is over; then it goes for good, with its artifacts, logs and tags.'
      }
      act={async () => {
        const ids = props.episodes.map(({ id }) => id)
        await api.episodes.trash.mutate({ ids })
        await refreshTrash()
        toast({
          title:
            ids.length === 1 ? 'Moved to the trash' : `${count(ids.length, 'episode')} moved to the trash`,
          action: { label: 'Undo', run: () => void restoreFromTrash(ids) },
        })
        props.done?.()
      }}
    >
      <Show when={props.episodes.length > 1}>
        <ul class={css.named} aria-label="What goes">
          <For each={props.episodes.slice(0, NAMED)}>
            {(one) => (
              <li>
                <bdi>{one.name || one.id}</bdi>
              </li>
            )}
          </For>
          <Show when={props.episodes.length > NAMED}>
            <li>and {props.episodes.length - NAMED} more</li>
          </Show>
        </ul>
      </Show>
    </AskDialog>
  )
}

/** Brings episodes back from the trash, as they were. */
export async function restoreFromTrash(ids: string[]): Promise<void> {
  try {
    await api.episodes.untrash.mutate({ ids })
    toast({ title: ids.length === 1 ? 'The episode is back' : `${count(ids.length, 'episode')} are back` })
  } catch (error) {
    toastProblem('Nothing was restored', error)
  }
  await refreshTrash()
}

export function TrashButton(props: { episode: Episode }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  return (
    <>
      <Button onClick={() => setAsking(true)}>
        <TrashIcon size={14} aria-hidden="true" /> Delete
      </Button>
      <Show when={asking()}>
        <AskToTrash episodes={[props.episode]} close={() => setAsking(false)} />
      </Show>
    </>
  )
}

/** Across the top of an episode that waits to be deleted. */
export function TrashedBanner(props: { episode: Episode; goes_at: string }): JSX.Element {
  const session = useSession()
  return (
    <div class={css.banner} role="status">
      <TrashIcon size={15} aria-hidden="true" />
      <p>
        This episode is in the trash and goes for good <Time at={props.goes_at} words={ahead} />.
      </p>
      <LinkButton size="sm" href={session.href('/portal/trash')}>
        Trash
      </LinkButton>
      {props.episode.can_delete && (
        <Button size="sm" onClick={() => void restoreFromTrash([props.episode.id])}>
          Restore
        </Button>
      )}
    </div>
  )
}
