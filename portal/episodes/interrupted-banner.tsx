import Unplug from 'lucide-solid/icons/unplug'
import type { JSX } from 'solid-js'
import type { Episode } from '../api.ts'
import { Time } from '../ui/time.tsx'
import css from './episode-page.module.css'

/** Says what became of an episode whose robot fell silent, and that nothing is lost. */
export function InterruptedBanner(props: { episode: Episode }): JSX.Element {
  return (
    <div class={css.banner} role="status">
      <Unplug size={15} aria-hidden="true" />
      <p>
        Interrupted: its robot was last heard of <Time at={props.episode.updated_at} /> and never said how the
        run ended. What was uploaded is kept; it can still be finalized, and records again when an upload
        arrives.
      </p>
    </div>
  )
}
