import { Dialog as Part } from '@kobalte/core/dialog'
import X from 'lucide-solid/icons/x'
import { type JSX, Show, Suspense } from 'solid-js'
import { Button } from './button.tsx'
import css from './dialog.module.css'
import { createFocusReturn } from './focus-return.ts'

export interface DialogProps {
  open: boolean
  /** Asked before closing by Escape or by a click outside; answer false to stay open. */
  onClose: () => void
  title: string
  description?: JSX.Element
  children?: JSX.Element
  /** The buttons, the one that acts last. */
  footer?: JSX.Element
  /**
   * For what must not vanish by accident: Escape and clicks outside call this instead of closing, and
   * there is no cross in the corner.
   */
  guard?: () => void
  wide?: boolean
}

/** A dialog that asks for something begins in its first field, not on the cross in the corner. */
function beginInForm(event: Event): void {
  const dialog = event.currentTarget
  if (!(dialog instanceof HTMLElement)) return
  const field = dialog.querySelector(`.${css.body} > form:first-child :is(input, select, textarea)`)
  if (!(field instanceof HTMLElement)) return
  event.preventDefault()
  field.focus()
}

/** A modal dialog: traps the focus, gives it back, is named by its title. */
export function Dialog(props: DialogProps): JSX.Element {
  const giveFocusBack = createFocusReturn(() => props.open)
  const ask = (event: Event): void => {
    if (!props.guard) return
    event.preventDefault()
    props.guard()
  }
  return (
    // What a dialog waits for is waited for here: the page below stays as it is, and keeps where it was scrolled to.
    <Suspense>
      <Part open={props.open} onOpenChange={(open) => !open && props.onClose()}>
        <Part.Portal>
          <Part.Overlay class={css.scrim} />
          <div class={css.place}>
            <Part.Content
              class={css.dialog}
              data-wide={props.wide || undefined}
              onOpenAutoFocus={beginInForm}
              onCloseAutoFocus={giveFocusBack}
              onEscapeKeyDown={ask}
              onPointerDownOutside={ask}
            >
              <header class={css.head}>
                <Part.Title class={css.title}>{props.title}</Part.Title>
                <Show when={!props.guard}>
                  <Part.CloseButton as={Button} variant="ghost" size="sm" icon aria-label="Close">
                    <X size={16} aria-hidden="true" />
                  </Part.CloseButton>
                </Show>
              </header>
              <Show when={props.description}>
                <Part.Description as="div" class={css.description}>
                  {props.description}
                </Part.Description>
              </Show>
              <div class={css.body}>{props.children}</div>
              <Show when={props.footer}>
                <footer class={css.foot}>{props.footer}</footer>
              </Show>
            </Part.Content>
          </div>
        </Part.Portal>
      </Part>
    </Suspense>
  )
}
