import type { JSX } from 'solid-js'
import { Mark } from '../ui/mark.tsx'
import css from './entry.module.css'

/** The one-column frame of the pages before one is signed in. */
export function Entry(props: { title: string; lead?: JSX.Element; children: JSX.Element }): JSX.Element {
  return (
    <main class={css.entry}>
      <div class={css.column}>
        <p class={css.brand}>
          <Mark size={26} /> RoboTrace
        </p>
        <h1>{props.title}</h1>
        <p class={css.lead}>{props.lead}</p>
        {props.children}
      </div>
    </main>
  )
}
