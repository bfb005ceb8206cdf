/**
 * For items of a menu that open a dialog: a menu that closes gives the focus back to its button, and would take it from
 * a dialog that is open by then. What was chosen is done right after that.
 *
 * @example const choice = createMenuChoice()
 *   <DropdownMenu.Content onCloseAutoFocus={choice.run}>
 *     <DropdownMenu.Item onSelect={() => choice.set(() => setOpen(true))}>Rename…</DropdownMenu.Item>
 */
export function createMenuChoice(): { set: (act: () => void) => void; run: () => void } {
  let chosen: (() => void) | undefined
  return {
    set(act) {
      chosen = act
    },
    run() {
      if (chosen) queueMicrotask(chosen)
      chosen = undefined
    },
  }
}
