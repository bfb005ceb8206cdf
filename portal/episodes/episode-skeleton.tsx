import type { JSX } from 'solid-js'
import css from './episode-page.module.css'

/** The shape of an episode page while it is being loaded, with the sizes of the real parts. */
export function EpisodeSkeleton(): JSX.Element {
  return (
    <div aria-busy="true" role="status" aria-label="Loading the episode">
      <div class={css.boneHead} />
      <div class={css.boneStrip} />
      <div class={css.columns}>
        <div class={css.boneStage} />
        <div class={css.boneSide} />
      </div>
    </div>
  )
}
