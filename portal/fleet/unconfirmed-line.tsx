import Bot from 'lucide-solid/icons/bot'
import { type JSX, Show } from 'solid-js'
import { count } from '../ui/format.ts'
import css from './unconfirmed.module.css'

/** Under the page's name: that some robots came to be from episodes, and the way to settle what they are. */
export function UnconfirmedLine(props: { n: number; review: () => void }): JSX.Element {
  return (
    <Show when={props.n > 0} fallback="Robots: how they are, what they do, and who may log in to them.">
      <span class={css.line} role="status">
        <Bot size={14} aria-hidden="true" />
        <span>
          <strong>{count(props.n, 'robot')}</strong> logged episodes and nobody has confirmed{' '}
          {props.n === 1 ? 'it' : 'them'}.
        </span>
        <button type="button" class={css.review} onClick={() => props.review()}>
          Review
        </button>
      </span>
    </Show>
  )
}
