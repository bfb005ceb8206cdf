import { createSignal, onCleanup, onMount } from 'solid-js'

/** How long the page must have been in front. */
const SEEN_MS = 1000

export interface Awake {
  /** Whether a button that gives something away may be pressed. */
  awake: () => boolean
  /** Counts a press of the sleeping button, so that whoever has no pointer and no keys wakes it with the first. */
  touch: (event: Event) => void
}

/**
 * Guards a button against clicks that were aimed at something else: a window that was pulled away from above it,
 * the second half of a double click. It wakes when the page has been in front for a second, without a break, and
 * somebody has moved the pointer, pressed a key or touched the screen in that time.
 *
 * @example const guard = createAwake(); <button aria-disabled={!guard.awake()}>
 */
export function createAwake(): Awake {
  const [seen, setSeen] = createSignal(false)
  const [touched, setTouched] = createSignal(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  const restart = (): void => {
    clearTimeout(timer)
    setSeen(false)
    setTouched(false)
    const inFront = document.visibilityState === 'visible' && document.hasFocus()
    if (inFront) timer = setTimeout(() => setSeen(true), SEEN_MS)
  }
  // Events that a script made up do not count.
  const touch = (event: Event): void => {
    if (event.isTrusted) setTouched(true)
  }
  // A page that slides in under a resting pointer is told of a move of no length.
  const move = (event: PointerEvent): void => {
    if (event.movementX !== 0 || event.movementY !== 0) touch(event)
  }
  onMount(() => {
    restart()
    for (const name of ['focus', 'blur'] as const) window.addEventListener(name, restart)
    document.addEventListener('visibilitychange', restart)
    window.addEventListener('pointermove', move)
    for (const name of ['keydown', 'touchstart'] as const)
      window.addEventListener(name, touch, { passive: true })
  })
  onCleanup(() => {
    clearTimeout(timer)
    for (const name of ['focus', 'blur'] as const) window.removeEventListener(name, restart)
    document.removeEventListener('visibilitychange', restart)
    window.removeEventListener('pointermove', move)
    for (const name of ['keydown', 'touchstart'] as const) window.removeEventListener(name, touch)
  })
  return { awake: () => seen() && touched(), touch }
}
