import { A, type AnchorProps } from '@solidjs/router'
import { type JSX, Show, splitProps } from 'solid-js'
import css from './button.module.css'
import { createFocusHeir } from './focus-return.ts'

type Variant = 'primary' | 'secondary' | 'ghost' | 'danger'

interface Look {
  /** Default `secondary`. A page has one `primary`. */
  variant?: Variant
  size?: 'md' | 'sm'
  /** Square, for a lone icon; the label then goes into `aria-label`. */
  icon?: boolean
}

/** The classes of a button, for elements that are buttons by another name (menu triggers). */
export function buttonClass(look: Look = {}): string {
  return [css.button, css[look.variant ?? 'secondary'], look.size === 'sm' && css.sm, look.icon && css.icon]
    .filter(Boolean)
    .join(' ')
}

export interface ButtonProps extends JSX.ButtonHTMLAttributes<HTMLButtonElement>, Look {
  /** Under way: stays focusable, says so, and cannot be pressed again. */
  busy?: boolean
}

/** A button that never submits by accident: `type` is `button` unless it says otherwise. */
export function Button(props: ButtonProps): JSX.Element {
  const [look, rest] = splitProps(props, [
    ...(['variant', 'size', 'icon', 'busy', 'class', 'children', 'onClick', 'ref'] as const),
  ])
  let button: HTMLButtonElement | undefined
  createFocusHeir(() => button)
  return (
    <button
      type="button"
      {...rest}
      ref={(element) => {
        button = element
        if (typeof look.ref === 'function') look.ref(element)
      }}
      class={`${buttonClass(look)} ${look.class ?? ''}`}
      aria-busy={look.busy || undefined}
      aria-disabled={look.busy || rest['aria-disabled']}
      onClick={(event) => {
        if (look.busy) return event.preventDefault()
        if (typeof look.onClick === 'function') look.onClick(event)
      }}
    >
      {look.children}
      <Show when={look.busy}>
        <span class={css.busy} aria-hidden="true" />
      </Show>
    </button>
  )
}

/** A link that looks like a button. */
export function LinkButton(props: AnchorProps & Look): JSX.Element {
  const [look, rest] = splitProps(props, ['variant', 'size', 'icon', 'class'])
  return <A {...rest} class={`${buttonClass(look)} ${look.class ?? ''}`} />
}
