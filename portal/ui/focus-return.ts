import { createRenderEffect, onCleanup } from 'solid-js'

/** What had the focus before the first of the dialogs that are open, or that opened one another. */
let outside: HTMLElement | undefined

/**
 * For whatever covers the page and takes the focus: gives it back afterwards. What opened it may be gone by then, as the
 * row of something that was deleted; then whatever the dialogs began with has it, or else the page itself.
 *
 * @example <Dialog.Content onCloseAutoFocus={createFocusReturn(() => props.open)}>
 */
export function createFocusReturn(open: () => boolean): (event: Event) => void {
  let opener: HTMLElement | undefined
  // Before anything else comes of it: what has the focus at this moment is what was pressed.
  createRenderEffect(() => {
    if (!open()) return
    const active = document.activeElement
    opener = active instanceof HTMLElement && active !== document.body ? active : undefined
    if (opener && !isInDialog(opener)) outside = opener
  })
  return (event) => {
    // Another dialog has opened meanwhile, or the page has taken the focus where it belongs.
    if (event.defaultPrevented) return
    event.preventDefault()
    const taken = [opener, outside, document.getElementById('main')].find((one) => {
      one?.focus({ preventScroll: true })
      return one && one === document.activeElement
    })
    if (!taken || !isInDialog(taken)) outside = undefined
  }
}

/**
 * For a control that goes away once it was pressed: whoever pressed it with the keyboard goes on from the page's, or the
 * dialog's, beginning instead of from the browser's.
 *
 * @example createFocusHeir(() => button)
 */
export function createFocusHeir(control: () => HTMLElement | undefined): void {
  onCleanup(() => {
    const leaving = control()
    if (!leaving || leaving !== document.activeElement) return
    // A dialog that goes as a whole gives the focus back by itself.
    const heir = leaving.closest<HTMLElement>('[role=dialog]') ?? document.getElementById('main')
    queueMicrotask(() => {
      if (document.activeElement !== document.body || !heir?.isConnected) return
      heir.focus({ preventScroll: true })
    })
  })
}

function isInDialog(element: Element): boolean {
  return element.closest('[role=dialog]') !== null
}
