import { A } from '@solidjs/router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import { createEffect, type JSX, Show } from 'solid-js'
import css from './page.module.css'

/** Names the browser tab while a page is shown. */
export function useTitle(title: () => string): void {
  createEffect(() => {
    document.title = `${title()} · RoboTrace`
  })
}

/** The head of a page: its name, a line about it, and what can be done. */
export function PageHead(props: { title: string; children?: JSX.Element; note?: JSX.Element }): JSX.Element {
  return (
    <header class={css.head}>
      <div>
        <h1>{props.title}</h1>
        <Show when={props.note}>
          <p class={css.note}>{props.note}</p>
        </Show>
      </div>
      <div class={css.actions}>{props.children}</div>
    </header>
  )
}

/** Above the head of the page of one thing: the way to the list it is in. */
export function BackLink(props: { href: string; children: JSX.Element }): JSX.Element {
  return (
    <A class={css.back} href={props.href}>
      <ChevronLeft size={14} aria-hidden="true" /> {props.children}
    </A>
  )
}

/** A titled part of a page. */
export function Section(props: {
  title: string
  note?: JSX.Element
  actions?: JSX.Element
  children: JSX.Element
  id?: string
}): JSX.Element {
  return (
    <section class={css.section} id={props.id} aria-label={props.title}>
      <header class={css.sectionHead}>
        <div>
          <h2>{props.title}</h2>
          <Show when={props.note}>
            <p class={css.note}>{props.note}</p>
          </Show>
        </div>
        <div class={css.actions}>{props.actions}</div>
      </header>
      {props.children}
    </section>
  )
}
