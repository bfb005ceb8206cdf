import Archive from 'lucide-solid/icons/archive'
import { createSignal, type JSX } from 'solid-js'
import { api, type Episode } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { toastProblem } from '../ui/problem.tsx'
import { toast } from '../ui/toast.tsx'
import css from './episode-page.module.css'

/** Takes an episode out of the list at once; the toast takes that back. */
export async function archiveEpisode(episode: Pick<Episode, 'id' | 'name'>): Promise<void> {
  await change(episode.id, 'archive', 'The episode could not be archived')
}

/** Puts an archived episode back into the list. */
export async function restoreEpisode(episode: Pick<Episode, 'id' | 'name'>): Promise<void> {
  await change(episode.id, 'restore', 'The episode could not be restored')
}

/** Shows the outcome before the server has it, and takes it back if the server refuses. */
async function change(id: string, what: 'archive' | 'restore', failed: string): Promise<void> {
  const before = queryClient.getQueryData<Episode>(['episode', id])
  const archived_at = what === 'archive' ? new Date().toISOString() : null
  if (before) queryClient.setQueryData<Episode>(['episode', id], { ...before, archived_at })
  try {
    await api.episodes[what].mutate({ id })
    const name = before?.name || 'The episode'
    if (what === 'archive')
      toast({
        title: `${name} is archived`,
        action: { label: 'Undo', run: () => void change(id, 'restore', failed) },
      })
    else toast({ title: `${name} is back in the list` })
  } catch (error) {
    if (before) queryClient.setQueryData(['episode', id], before)
    toastProblem(failed, error)
  }
  await Promise.all([
    queryClient.invalidateQueries({ queryKey: ['episode', id] }),
    queryClient.invalidateQueries({ queryKey: ['episodes'] }),
  ])
}

export function ArchiveButton(props: { episode: Episode }): JSX.Element {
  const [busy, setBusy] = createSignal(false)
  const act = async (): Promise<void> => {
    setBusy(true)
    await archiveEpisode(props.episode)
    setBusy(false)
  }
  return (
    <Button onClick={act} busy={busy()}>
      <Archive size={14} aria-hidden="true" /> Archive
    </Button>
  )
}

/** Across the top of an archived episode. */
export function ArchivedBanner(props: { episode: Episode }): JSX.Element {
  return (
    <div class={css.banner} role="status">
      <Archive size={15} aria-hidden="true" />
      <p>This episode is archived: it is kept, and left out of the list.</p>
      {props.episode.can_archive && (
        <Button size="sm" onClick={() => void restoreEpisode(props.episode)}>
          Restore
        </Button>
      )}
    </div>
  )
}
