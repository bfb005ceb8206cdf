import { onCleanup, onMount } from 'solid-js'

/** Keys as they are written in the list of shortcuts: `j`, `/`, `g e`, `Ctrl K`, `ArrowLeft`. */
export type Shortcuts = Record<string, (event: KeyboardEvent) => void>

/**
 * Listens for single keys and for two-key sequences for as long as the caller lives. Keys typed into a
 * field or under an open dialog or menu are left alone; `Ctrl K` (or ⌘K) always counts.
 *
 * @example useShortcuts({ 'g e': () => navigate('/portal/episodes') })
 */
export function useShortcuts(shortcuts: Shortcuts): void {
  let first = ''
  let forget: ReturnType<typeof setTimeout> | undefined
  const onKey = (event: KeyboardEvent): void => {
    const control = event.ctrlKey || event.metaKey
    if (event.defaultPrevented || event.altKey) return
    if (!control && isBusyElsewhere(event.target, event.key)) return
    const key = control ? `Ctrl ${event.key.toUpperCase()}` : event.key
    const run = shortcuts[first ? `${first} ${key}` : key] ?? shortcuts[key]
    first = Object.keys(shortcuts).some((name) => name.startsWith(`${key} `)) ? key : ''
    clearTimeout(forget)
    forget = setTimeout(() => {
      first = ''
    }, 1000)
    if (!run) return
    event.preventDefault()
    run(event)
  }
  onMount(() => document.addEventListener('keydown', onKey))
  onCleanup(() => {
    clearTimeout(forget)
    document.removeEventListener('keydown', onKey)
  })
}

// Keys that the focused element itself answers to, and which elements do.
const OWNERS: Record<string, string> = {
  ' ': 'button, a, summary, [role=tab]',
  Enter: 'button, a, summary, [role=tab]',
  ArrowLeft: '[role=tab], [role=region][tabindex]',
  ArrowRight: '[role=tab], [role=region][tabindex]',
}

function isBusyElsewhere(target: EventTarget | null, key: string): boolean {
  if (document.querySelector('[role=dialog], [role=alertdialog], [role=menu]')) return true
  if (!(target instanceof HTMLElement)) return false
  // A focused button, link or tab owns the keys that work it.
  const owner = OWNERS[key]
  if (owner && target.closest(owner)) return true
  if (target instanceof HTMLInputElement) return target.type !== 'range' && target.type !== 'checkbox'
  return (
    target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement
  )
}
