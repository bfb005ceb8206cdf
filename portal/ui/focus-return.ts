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

/** What may take the focus over from a control within it. */
const HEIR = '[role=dialog], [tabindex="-1"]'

/**
 * For a control that goes away once it was pressed: whoever pressed it with the keyboard goes on from what was around
 * it and is there to be focused (`tabindex="-1"`), else from the page's, or the dialog's, beginning, instead of from the
 * browser's.
 *
 * @example createFocusHeir(() => button)
 */
export function createFocusHeir(control: () => HTMLElement | undefined): void {
  onCleanup(() => {
    const leaving = control()
    if (!leaving || leaving !== document.activeElement) return
    const around = heirsOf(leaving)
    queueMicrotask(() => {
      if (document.activeElement !== document.body) return
      // A dialog that goes as a whole gives the focus back by itself.
      const heir = around.length > 0 ? around.find((one) => one.isConnected) : document.getElementById('main')
      heir?.focus({ preventScroll: true })
    })
  })
}

/** The nearest first. */
function heirsOf(leaving: HTMLElement): HTMLElement[] {
  const heirs: HTMLElement[] = []
  let at = leaving.parentElement?.closest<HTMLElement>(HEIR)
  while (at) {
    heirs.push(at)
    at = at.parentElement?.closest<HTMLElement>(HEIR)
  }
  return heirs
}

function isInDialog(element: Element): boolean {
  return element.closest('[role=dialog]') !== null
}
