import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { Json, Metadata } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import css from './metadata-tree.module.css'
import { inlineList, typedValue } from './typed-values.ts'

const PAGE = 50
const LONG = 280

/** An episode's metadata, to be folded and unfolded; every value is shown as text and nothing else. */
export function MetadataTree(props: { metadata: Metadata }): JSX.Element {
  return (
    <Show
      when={Object.keys(props.metadata).length > 0}
      fallback={<p class={css.none}>This episode carries no metadata.</p>}
    >
      <div class={css.tree}>
        <Members entries={Object.entries(props.metadata)} depth={0} units={{}} />
      </div>
    </Show>
  )
}

function Members(props: {
  entries: [string, Json][]
  depth: number
  units: Record<string, string>
}): JSX.Element {
  const [shown, setShown] = createSignal(PAGE)
  const entries = () => props.entries.filter(([name]) => name !== '__type')
  return (
    <ul class={css.members}>
      <For each={entries().slice(0, shown())}>
        {([name, value]) => <Member name={name} value={value} depth={props.depth} unit={props.units[name]} />}
      </For>
      <Show when={entries().length > shown()}>
        <li>
          <Button size="sm" onClick={() => setShown((before) => before + 10 * PAGE)}>
            Show {Math.min(10 * PAGE, entries().length - shown())} more of {entries().length}
          </Button>
        </li>
      </Show>
    </ul>
  )
}

function Member(props: { name: string; value: Json; depth: number; unit: string | undefined }): JSX.Element {
  // Deep things start folded: a page full of leaves answers nothing.
  const [open, setOpen] = createSignal(props.depth < 2)
  const inner = (): [string, Json][] | undefined => {
    const { value } = props
    if (typeof value !== 'object' || value === null || inlineList(value) !== undefined) return undefined
    const entries: [string, Json][] = Array.isArray(value)
      ? value.map((one, at) => [String(at), one])
      : Object.entries(value)
    return entries.length > 0 ? entries : undefined
  }
  const typed = () => typedValue(props.value)
  return (
    <li class={css.member}>
      <Show
        when={inner()}
        fallback={
          <div class={css.leaf}>
            <Name name={props.name} unit={props.unit} />
            <Leaf value={props.value} />
          </div>
        }
      >
        {(entries) => (
          <>
            <button type="button" class={css.fold} aria-expanded={open()} onClick={() => setOpen(!open())}>
              <ChevronRight size={13} aria-hidden="true" />
              <Name name={props.name} unit={props.unit} />
              <Show
                when={typed()}
                fallback={<span class={css.size}>{summary(props.value, entries().length)}</span>}
              >
                {(type) => <span class={css.type}>{type().label}</span>}
              </Show>
            </button>
            <Show when={open()}>
              <Members entries={entries()} depth={props.depth + 1} units={typed()?.units ?? {}} />
            </Show>
          </>
        )}
      </Show>
    </li>
  )
}

/** A unit that the name ends with already, as `_s` for seconds or `_v` for volts, is not told again. */
function Name(props: { name: string; unit: string | undefined }): JSX.Element {
  const unit = () =>
    props.unit && props.name.endsWith(`_${props.unit.toLowerCase()}`) ? undefined : props.unit
  return (
    <span class={css.name}>
      <bdi>{props.name}</bdi>
      <Show when={unit()}>
        <span class={css.unit}> {unit()}</span>
      </Show>
    </span>
  )
}

function Leaf(props: { value: Json }): JSX.Element {
  return (
    <Switch fallback={<LongText text={String(props.value)} />}>
      <Match when={props.value === null}>
        <span class={css.none}>null</span>
      </Match>
      <Match when={typeof props.value === 'object'}>
        <span class={css.plain}>{inlineList(props.value) ?? (Array.isArray(props.value) ? '[]' : '{}')}</span>
      </Match>
      <Match when={typeof props.value !== 'string'}>
        <span class={css.plain}>{String(props.value)}</span>
      </Match>
    </Switch>
  )
}

function LongText(props: { text: string }): JSX.Element {
  const [whole, setWhole] = createSignal(false)
  const long = () => props.text.length > LONG
  return (
    <span class={css.text}>
      <bdi>{long() && !whole() ? `${props.text.slice(0, LONG)}…` : props.text}</bdi>
      <Show when={long()}>
        {' '}
        <button type="button" class={css.more} onClick={() => setWhole(!whole())}>
          {whole() ? 'Show less' : `Show all ${props.text.length.toLocaleString('en')} characters`}
        </button>
      </Show>
    </span>
  )
}

function summary(value: Json, entries: number): string {
  return Array.isArray(value) ? count(entries, 'item') : count(entries, 'member')
}
