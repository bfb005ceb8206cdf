import { createSignal } from 'solid-js'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'robotrace.theme'

const [theme, setSignal] = createSignal<Theme>(saved())

/** The chosen theme; `system` follows the system. */
export { theme }

/** Applies a theme at once and remembers it for the next visit (`public/theme.js` reads it before paint). */
export function setTheme(next: Theme): void {
  if (next === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = next
  setSignal(next)
  try {
    if (next === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, next)
  } catch {
    // Storage may be forbidden; the choice then lasts for this visit.
  }
}

function saved(): Theme {
  const value = document.documentElement.dataset.theme
  return value === 'light' || value === 'dark' ? value : 'system'
}
