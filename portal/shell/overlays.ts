import { createSignal } from 'solid-js'

const [paletteOpen, setPaletteOpen] = createSignal(false)
const [shortcutsOpen, setShortcutsOpen] = createSignal(false)

export { paletteOpen, setPaletteOpen, setShortcutsOpen, shortcutsOpen }

/** Opens the command palette, as `Ctrl K` does. */
export function openPalette(): void {
  setPaletteOpen(true)
}

/** Shows the list of shortcuts, as `?` does. */
export function openShortcutList(): void {
  setShortcutsOpen(true)
}
