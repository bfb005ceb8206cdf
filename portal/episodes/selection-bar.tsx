import { createSignal, type JSX, Show } from 'solid-js'
import type { EpisodeSummary } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import type { Selection } from '../ui/selection.ts'
import css from '../ui/selection-bar.module.css'
import { MOST_SELECTED } from './selection.ts'
import { AskToTrash } from './trash-actions.tsx'

/** What can be done to the selected episodes, at the bottom of the screen while there are any. */
export function SelectionBar(props: { selection: Selection<EpisodeSummary> }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const chosen = () => props.selection.all()
  return (
    <div class={css.bar} role="region" aria-label="Selected episodes">
      <p class={css.count} role="status">
        {count(chosen().length, 'episode')} selected
        <Show when={chosen().length >= MOST_SELECTED}>
          <span class={css.most}> (at most {MOST_SELECTED} at a time)</span>
        </Show>
      </p>
      <Button size="sm" variant="danger" onClick={() => setAsking(true)}>
        Delete
      </Button>
      <Button size="sm" variant="ghost" onClick={() => props.selection.clear()}>
        Clear
      </Button>
      <Show when={asking()}>
        <AskToTrash episodes={chosen()} close={() => setAsking(false)} done={() => props.selection.clear()} />
      </Show>
    </div>
  )
}
