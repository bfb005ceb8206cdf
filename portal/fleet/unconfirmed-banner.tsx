import Bot from 'lucide-solid/icons/bot'
import { type JSX, Show } from 'solid-js'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import css from './unconfirmed.module.css'

/** That there are robots which came to be from episodes, and the way to settle what they are. */
export function UnconfirmedBanner(props: { n: number; review: () => void }): JSX.Element {
  return (
    <Show when={props.n > 0}>
      <div class={css.banner} role="status">
        <Bot size={16} aria-hidden="true" />
        <p>
          <strong>{count(props.n, 'robot')}</strong> logged episodes under{' '}
          {props.n === 1 ? 'a name' : 'names'} that nobody has confirmed.
        </p>
        <Button size="sm" onClick={props.review}>
          Review
        </Button>
      </div>
    </Show>
  )
}
