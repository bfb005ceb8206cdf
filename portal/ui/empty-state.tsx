import type { JSX } from 'solid-js'
import css from './empty-state.module.css'

/** What a list shows when there is nothing: why, and what to do. */
export function EmptyState(props: {
  icon?: JSX.Element
  title: string
  children?: JSX.Element
  page?: boolean
}): JSX.Element {
  return (
    <div class={css.empty} data-page={props.page || undefined}>
      {props.icon}
      {props.page ? <h1>{props.title}</h1> : <h2>{props.title}</h2>}
      {props.children}
    </div>
  )
}
