import { type JSX, onMount, Show } from 'solid-js'
import { Mark } from '../ui/mark.tsx'
import css from './frame.module.css'

/**
 * The one column of the device page, with nothing beside it. Its heading takes the focus when it comes instead of
 * something that had it, so that the keyboard is not lost and a screen reader reads on.
 */
export function Frame(props: {
  title: string
  lead?: JSX.Element
  icon?: JSX.Element
  tone?: 'ready' | 'failed' | 'attention'
  /** Who is signed in: what is authorized here happens in their name. */
  email?: string
  children?: JSX.Element
}): JSX.Element {
  let heading: HTMLHeadingElement | undefined
  onMount(() => {
    if (document.activeElement === document.body) heading?.focus({ preventScroll: true })
  })
  return (
    <main class={css.page}>
      <div class={css.column}>
        <p class={css.brand}>
          <Mark size={26} /> RoboTrace
        </p>
        <Show when={props.icon}>
          <span class={css.icon} data-tone={props.tone}>
            {props.icon}
          </span>
        </Show>
        <h1 ref={heading} tabindex="-1" class={css.title}>
          {props.title}
        </h1>
        <Show when={props.lead}>
          <p class={css.lead}>{props.lead}</p>
        </Show>
        {props.children}
        <Show when={props.email}>
          <p class={css.email}>Signed in as {props.email}</p>
        </Show>
      </div>
    </main>
  )
}
