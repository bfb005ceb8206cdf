import ListFilter from 'lucide-solid/icons/list-filter'
import { createMemo, createSignal, For, type JSX, Show } from 'solid-js'
import { FilterChip } from '../ui/filter-chip.tsx'
import { useShortcuts } from '../ui/keyboard.ts'
import { seenEpisodes } from './episode-queries.ts'
import {
  type Choice,
  chipLabel,
  type EpisodeFilter,
  FILTER_NAMES,
  type FilterName,
  listChoices,
  STATUSES,
} from './filter.ts'
import css from './filter-bar.module.css'

interface FilterBarProps {
  filter: EpisodeFilter
  /** Sets one member; undefined takes it away. */
  set: (name: FilterName, value: string | undefined) => void
  clear: () => void
}

/** What the list is narrowed to: the states as tabs, everything else as chips with one field to add more. */
export function FilterBar(props: FilterBarProps): JSX.Element {
  const chips = () =>
    FILTER_NAMES.flatMap((name) => {
      const value = props.filter[name]
      return value === undefined || name === 'status' ? [] : [{ name, value }]
    })
  return (
    <div class={css.bar}>
      <fieldset class={css.states}>
        <legend class="visually-hidden">Status</legend>
        <For each={[undefined, ...STATUSES]}>
          {(status) => (
            <button
              type="button"
              class={css.state}
              aria-pressed={props.filter.status === status}
              onClick={() => props.set('status', status)}
            >
              {status ? status.charAt(0).toUpperCase() + status.slice(1) : 'All'}
            </button>
          )}
        </For>
      </fieldset>
      <FilterField {...props} />
      <For each={chips()}>
        {(chip) => (
          <FilterChip {...chipLabel(chip.name, chip.value)} remove={() => props.set(chip.name, undefined)} />
        )}
      </For>
      <Show when={chips().length > 1}>
        <button type="button" class={css.clear} onClick={() => props.clear()}>
          Clear all
        </button>
      </Show>
    </div>
  )
}

function FilterField(props: FilterBarProps): JSX.Element {
  let field: HTMLInputElement | undefined
  const [text, setText] = createSignal('')
  const [open, setOpen] = createSignal(false)
  // Nothing is marked until something is typed or an arrow is pressed: Enter alone picks nothing.
  const [active, setActive] = createSignal(-1)
  const choices = createMemo(() => (open() ? listChoices(text(), props.filter, seenEpisodes()) : []))
  useShortcuts({ '/': () => field?.focus() })
  const take = (choice: Choice | undefined): void => {
    if (!choice) return
    props.set(choice.name, choice.value)
    setText('')
    setActive(-1)
    setOpen(false)
  }
  const move = (step: number): void => {
    setOpen(true)
    setActive(
      (at) => (Math.max(at, step < 0 ? 0 : -1) + step + choices().length) % Math.max(1, choices().length),
    )
    document.getElementById(`choice-${active()}`)?.scrollIntoView({ block: 'nearest' })
  }
  const onKey = (event: KeyboardEvent): void => {
    const keys: Record<string, () => void> = {
      ArrowDown: () => move(1),
      ArrowUp: () => move(-1),
      Enter: () => take(choices()[active()]),
      Escape: () => (open() ? setOpen(false) : field?.blur()),
    }
    const run = keys[event.key]
    if (!run) return
    event.preventDefault()
    run()
  }
  return (
    <div class={css.fieldBox}>
      <ListFilter class={css.icon} size={14} aria-hidden="true" />
      <input
        ref={field}
        class={css.field}
        type="text"
        role="combobox"
        aria-label="Add a filter"
        aria-expanded={open() && choices().length > 0}
        aria-controls="filter-choices"
        aria-autocomplete="list"
        aria-activedescendant={open() && active() >= 0 ? `choice-${active()}` : undefined}
        placeholder="Filter by robot, policy, source, time"
        autocomplete="off"
        spellcheck={false}
        value={text()}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onInput={(event) => {
          setText(event.currentTarget.value)
          setActive(event.currentTarget.value.trim() === '' ? -1 : 0)
          setOpen(true)
        }}
        onKeyDown={onKey}
      />
      <span class={css.slash} aria-hidden="true">
        /
      </span>
      <div
        class={css.choices}
        id="filter-choices"
        role="listbox"
        aria-label="Filters"
        hidden={!open() || choices().length === 0}
      >
        <For each={choices()}>
          {(choice, at) => (
            <div
              role="option"
              id={`choice-${at()}`}
              class={css.choice}
              aria-selected={at() === active()}
              onPointerMove={() => setActive(at())}
              // Keeps the focus in the field, which would otherwise close the list before the click.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => take(choice)}
            >
              <span class={css.choiceName}>{chipLabel(choice.name, choice.value).label}</span>
              <bdi>{chipLabel(choice.name, choice.value).value}</bdi>
            </div>
          )}
        </For>
      </div>
    </div>
  )
}
