import { createSignal, createUniqueId, For, type JSX, onCleanup, onMount, Show } from 'solid-js'
import { CODE_LENGTH, foldUserCode } from './user-code.ts'
import css from './user-code-field.module.css'

/**
 * Eight places for a code. Underneath lies one ordinary input, so that pasting, deleting, selecting and screen
 * readers work as everywhere; the places only draw what is in it.
 *
 * @example <UserCodeField label="Code" code={code()} onCode={setCode} />
 */
export function UserCodeField(props: {
  label: string
  code: string
  onCode: (code: string) => void
  error?: string
  autofocus?: boolean
}): JSX.Element {
  const id = createUniqueId()
  let input: HTMLInputElement | undefined
  const selection = createSelection(() => input)
  onMount(() => props.autofocus && input?.focus())
  const take = (element: HTMLInputElement): void => {
    const code = foldUserCode(element.value)
    // What was dropped must leave the input as well, and the caret stays behind what was typed.
    if (element.value !== code) {
      const caret = foldUserCode(element.value.slice(0, element.selectionStart ?? undefined)).length
      element.value = code
      element.setSelectionRange(caret, caret)
    }
    props.onCode(code)
    selection.read()
  }
  return (
    <div class={css.field}>
      <label for={id}>{props.label}</label>
      <div class={css.places} data-invalid={props.error ? '' : undefined}>
        <For each={Array.from({ length: CODE_LENGTH }, (_, place) => place)}>
          {(place) => (
            <span class={css.place} data-active={selection.covers(place) || undefined} aria-hidden="true">
              {props.code.charAt(place)}
            </span>
          )}
        </For>
        <input
          ref={input}
          id={id}
          class={css.input}
          value={props.code}
          inputmode="text"
          autocomplete="off"
          autocapitalize="characters"
          spellcheck={false}
          aria-invalid={props.error ? 'true' : undefined}
          aria-describedby={props.error ? `${id}-error` : undefined}
          onInput={(event) => take(event.currentTarget)}
          onBlur={selection.read}
        />
      </div>
      <Show when={props.error}>
        <p id={`${id}-error`} class={css.error} role="alert">
          {props.error}
        </p>
      </Show>
    </div>
  )
}

/** Which places the caret or the selection of the input covers. */
function createSelection(input: () => HTMLInputElement | undefined): {
  covers: (place: number) => boolean
  read: () => void
} {
  const [range, setRange] = createSignal<[start: number, end: number]>()
  const read = (): void => {
    const element = input()
    const focused = element !== undefined && element === document.activeElement
    setRange(focused ? [element.selectionStart ?? 0, element.selectionEnd ?? 0] : undefined)
  }
  onMount(() => document.addEventListener('selectionchange', read))
  onCleanup(() => document.removeEventListener('selectionchange', read))
  const covers = (place: number): boolean => {
    const [start, end] = range() ?? [-1, -1]
    if (start !== end) return place >= start && place < end
    return place === Math.min(start, CODE_LENGTH - 1)
  }
  return { covers, read }
}
