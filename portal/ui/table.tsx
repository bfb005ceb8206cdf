import type { JSX } from 'solid-js'
import css from './table.module.css'

/** The frame of a table. On a narrow screen it scrolls sideways, so the keyboard can reach it. */
export function TableFrame(props: { label: string; children: JSX.Element }): JSX.Element {
  return (
    <div class={css.wrap} tabindex="0" role="region" aria-label={props.label}>
      {props.children}
    </div>
  )
}
