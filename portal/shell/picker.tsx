import { Popover } from '@kobalte/core/popover'
import Check from 'lucide-solid/icons/check'
import ChevronsUpDown from 'lucide-solid/icons/chevrons-up-down'
import { createMemo, createSignal, createUniqueId, For, type JSX, onMount, Show } from 'solid-js'
import menu from '../ui/menu.module.css'
import css from './picker.module.css'

/** One line of a picker. */
export interface Option {
  id: string
  label: string
  /** Behind the label, in small: `archived`, `Create`. */
  hint?: string
  icon?: JSX.Element
  chosen?: boolean
  /** Stands below a line, and whatever is typed: what can be done rather than chosen. */
  action?: boolean
  run: () => void
}

/** So many can be seen at once; more of them get a field to filter by. */
const SHORT = 7

/**
 * A button that says what is chosen, and a list to choose something else from: with arrows, Home, End and Enter, and
 * by typing once it is long.
 *
 * @example <Picker label="Project" value="Warehouse" options={options()} />
 */
export function Picker(props: { label: string; value: JSX.Element; options: Option[] }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  return (
    <Popover open={open()} onOpenChange={setOpen} placement="bottom-start" gutter={4}>
      <Popover.Trigger class={css.trigger} aria-haspopup="listbox">
        <span class="visually-hidden">{props.label}: </span>
        <span class={css.value}>{props.value}</span>
        <ChevronsUpDown class={css.chevron} size={13} aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          class={`${menu.menu} ${css.panel}`}
          aria-label={props.label}
          // The list takes the focus itself, in whichever of its two forms.
          onOpenAutoFocus={(event) => event.preventDefault()}
        >
          <Options label={props.label} options={props.options} close={() => setOpen(false)} />
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  )
}

function Options(props: { label: string; options: Option[]; close: () => void }): JSX.Element {
  const id = createUniqueId()
  const long = () => props.options.filter((one) => !one.action).length > SHORT
  const [text, setText] = createSignal('')
  const shown = createMemo(() => props.options.filter((one) => one.action || fits(one, text())))
  const [active, setActive] = createSignal(
    Math.max(
      0,
      props.options.findIndex((one) => one.chosen),
    ),
  )
  const activeId = () => (shown().length > 0 ? `${id}-${active()}` : undefined)
  const mark = (at: number): void => {
    setActive(Math.min(Math.max(at, 0), Math.max(0, shown().length - 1)))
    document.getElementById(`${id}-${active()}`)?.scrollIntoView({ block: 'nearest' })
  }
  const take = (one: Option | undefined): void => {
    if (!one) return
    props.close()
    one.run()
  }
  const onKey = (event: KeyboardEvent): void => {
    const keys: Record<string, () => void> = {
      ArrowDown: () => mark((active() + 1) % Math.max(1, shown().length)),
      ArrowUp: () => mark((active() - 1 + shown().length) % Math.max(1, shown().length)),
      Home: () => mark(0),
      End: () => mark(shown().length - 1),
      Enter: () => take(shown()[active()]),
    }
    const run = keys[event.key]
    if (!run) return
    event.preventDefault()
    run()
  }
  const list = {
    'aria-controls': id,
    'aria-label': props.label,
    get 'aria-activedescendant'() {
      return activeId()
    },
    onKeyDown: onKey,
  }
  return (
    <>
      <Show when={long()}>
        <FilterField
          {...list}
          type={(next) => {
            setText(next)
            mark(0)
          }}
        />
      </Show>
      <Show when={shown().every((one) => one.action)}>
        <p class={css.none}>Nothing fits “{text()}”.</p>
      </Show>
      <div
        class={css.list}
        id={id}
        role="listbox"
        aria-label={props.label}
        tabIndex={long() ? -1 : 0}
        ref={(element) => !long() && focusLater(element)}
        onKeyDown={onKey}
        aria-activedescendant={long() ? undefined : activeId()}
      >
        <For each={shown()}>
          {(one, at) => (
            <div
              role="option"
              id={`${id}-${at()}`}
              class={`${menu.item} ${css.option}`}
              data-highlighted={at() === active() ? '' : undefined}
              data-checked={one.chosen ? '' : undefined}
              data-first-action={one.action && !shown()[at() - 1]?.action ? '' : undefined}
              aria-selected={one.chosen === true}
              onPointerMove={() => setActive(at())}
              onClick={() => take(one)}
            >
              {one.icon}
              <bdi class={css.label}>{one.label}</bdi>
              <Show when={one.hint}>
                <span class={css.hint}>{one.hint}</span>
              </Show>
              <Show when={one.chosen}>
                <Check class={menu.tick} size={14} aria-hidden="true" />
              </Show>
            </div>
          )}
        </For>
      </div>
    </>
  )
}

function FilterField(props: {
  type: (text: string) => void
  'aria-controls': string
  'aria-label': string
  'aria-activedescendant': string | undefined
  onKeyDown: (event: KeyboardEvent) => void
}): JSX.Element {
  return (
    <input
      ref={focusLater}
      class={css.field}
      type="text"
      role="combobox"
      aria-expanded="true"
      aria-controls={props['aria-controls']}
      aria-label={`Find ${props['aria-label'].toLowerCase()}`}
      aria-activedescendant={props['aria-activedescendant']}
      placeholder="Find…"
      autocomplete="off"
      spellcheck={false}
      onInput={(event) => props.type(event.currentTarget.value)}
      onKeyDown={props.onKeyDown}
    />
  )
}

/** Once it stands in the page: what is not yet there cannot take the focus. */
function focusLater(element: HTMLElement): void {
  onMount(() => requestAnimationFrame(() => element.focus()))
}

function fits(one: Option, text: string): boolean {
  const label = `${one.label} ${one.hint ?? ''}`.toLowerCase()
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => label.includes(word))
}
