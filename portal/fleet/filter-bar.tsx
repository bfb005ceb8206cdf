import Search from 'lucide-solid/icons/search'
import { createEffect, createSignal, For, type JSX, on, onCleanup, onMount, Show } from 'solid-js'
import { FilterChip } from '../ui/filter-chip.tsx'
import { useShortcuts } from '../ui/keyboard.ts'
import type { Counts } from './device-pages.ts'
import { type DeviceFilter, type FilterName, STATUSES } from './filter.ts'
import css from './filter-bar.module.css'
import { STATUS_WORDS } from './words.ts'

/** A pause in typing that is worth a question. */
const PAUSE_MS = 180

export interface FilterBarProps {
  filter: DeviceFilter
  counts: Counts | undefined
  types: readonly string[]
  groups: readonly { id: string; name: string }[]
  /** Sets these members; undefined takes one away. */
  set: (change: Partial<Record<FilterName, string | undefined>>) => void
  clear: () => void
}

/** What the table is narrowed to: how many there are of each sort, a text, a type, a group. */
export function FilterBar(props: FilterBarProps): JSX.Element {
  const groupName = () => props.groups.find(({ id }) => id === props.filter.group)?.name
  const narrowed = () => [props.filter.text, props.filter.type, props.filter.group].filter(Boolean).length
  return (
    <div class={css.bar}>
      <Sorts {...props} />
      <div class={css.narrow}>
        <SearchField text={props.filter.text ?? ''} set={(text) => props.set({ text: text || undefined })} />
        <Show
          when={props.filter.type}
          fallback={
            <Choice
              label="Type"
              choices={props.types.map((type) => ({ value: type, words: type }))}
              choose={(type) => props.set({ type })}
            />
          }
        >
          {(type) => <FilterChip label="Type" value={type()} remove={() => props.set({ type: undefined })} />}
        </Show>
        <Show
          when={props.filter.group}
          fallback={
            <Choice
              label="Group"
              choices={props.groups.map(({ id, name }) => ({ value: id, words: name }))}
              choose={(group) => props.set({ group })}
            />
          }
        >
          <FilterChip
            label="Group"
            value={groupName() ?? 'unknown'}
            remove={() => props.set({ group: undefined })}
          />
        </Show>
        <Show when={narrowed() > 1}>
          <button type="button" class={css.clear} onClick={() => props.clear()}>
            Clear all
          </button>
        </Show>
      </div>
    </div>
  )
}

/** How many are online, offline, in maintenance and unconfirmed; each narrows the table to those. */
function Sorts(props: FilterBarProps): JSX.Element {
  const all = () => props.counts && props.counts.online + props.counts.offline + props.counts.maintenance
  const choose = (status: DeviceFilter['status'], unconfirmed: boolean): void => {
    props.set({ status, unconfirmed: unconfirmed ? '1' : undefined })
  }
  return (
    <fieldset class={css.sorts}>
      <legend class="visually-hidden">Status</legend>
      <Sort
        label="All"
        count={all()}
        pressed={!props.filter.status && !props.filter.unconfirmed}
        press={() => choose(undefined, false)}
      />
      <For each={STATUSES}>
        {(status) => (
          <Sort
            label={STATUS_WORDS[status]}
            status={status}
            count={props.counts?.[status]}
            pressed={props.filter.status === status}
            press={() => choose(status, false)}
          />
        )}
      </For>
      <Sort
        label="Unconfirmed"
        count={props.counts?.unconfirmed}
        pressed={props.filter.unconfirmed !== undefined}
        press={() => choose(undefined, true)}
      />
    </fieldset>
  )
}

function Sort(props: {
  label: string
  status?: string
  count: number | undefined
  pressed: boolean
  press: () => void
}): JSX.Element {
  let button: HTMLButtonElement | undefined
  // On a phone they go on to the right of the screen: the one that is pressed is in view.
  onMount(() => {
    const bar = button?.parentElement
    if (button && bar && props.pressed) bar.scrollLeft = button.offsetLeft - bar.offsetLeft
  })
  return (
    <button
      type="button"
      ref={button}
      class={css.sort}
      data-status={props.status}
      aria-pressed={props.pressed}
      onClick={() => props.press()}
    >
      {props.label}
      <span class={css.count}>{props.count?.toLocaleString('en') ?? ''}</span>
    </button>
  )
}

function SearchField(props: { text: string; set: (text: string) => void }): JSX.Element {
  let field: HTMLInputElement | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  const [typed, setTyped] = createSignal(props.text)
  // The address may change by itself: going back, clearing all.
  createEffect(on(() => props.text, setTyped, { defer: true }))
  onCleanup(() => clearTimeout(timer))
  useShortcuts({ '/': () => field?.focus() })
  const type = (text: string): void => {
    setTyped(text)
    clearTimeout(timer)
    timer = setTimeout(() => props.set(text.trim()), PAUSE_MS)
  }
  return (
    <div class={css.searchBox}>
      <Search class={css.icon} size={14} aria-hidden="true" />
      <input
        ref={field}
        class={css.search}
        type="search"
        aria-label="Search by name or serial number"
        placeholder="Name or serial number"
        maxLength={120}
        autocomplete="off"
        spellcheck={false}
        value={typed()}
        onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return
          if (typed()) type('')
          else field?.blur()
        }}
      />
      <span class={css.slash} aria-hidden="true">
        /
      </span>
    </div>
  )
}

/** Narrows to one of a few; a chip then stands in its place. */
function Choice(props: {
  label: string
  choices: { value: string; words: string }[]
  choose: (value: string) => void
}): JSX.Element {
  return (
    <select
      class={css.choice}
      disabled={props.choices.length === 0}
      aria-label={`Only one ${props.label.toLowerCase()}`}
      onChange={(event) => {
        const { value } = event.currentTarget
        event.currentTarget.value = ''
        if (value) props.choose(value)
      }}
    >
      <option value="">{props.label}</option>
      <For each={props.choices}>{(one) => <option value={one.value}>{one.words}</option>}</For>
    </select>
  )
}
