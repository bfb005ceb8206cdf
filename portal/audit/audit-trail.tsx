import { useSearchParams } from '@solidjs/router'
import { useInfiniteQuery } from '@tanstack/solid-query'
import Download from 'lucide-solid/icons/download'
import ScrollText from 'lucide-solid/icons/scroll-text'
import SearchX from 'lucide-solid/icons/search-x'
import { createMemo, For, type JSX, Match, Show, Switch } from 'solid-js'
import type { AuditEvent } from '../api.ts'
import { Button, buttonClass } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { FilterChip } from '../ui/filter-chip.tsx'
import { count, shorten } from '../ui/format.ts'
import { PageHead } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import css from './audit.module.css'
import { auditQuery } from './audit-queries.ts'
import { EventLine } from './event-line.tsx'
import {
  type AuditFilter,
  actionChoices,
  type Choice,
  exportHref,
  FILTER_NAMES,
  type FilterName,
  OUTCOMES,
  readFilter,
  TIMES,
} from './filter.ts'
import { actorName, targetName } from './sentence.ts'

interface AuditTrailProps {
  title: string
  note: JSX.Element
  /** Undefined: all of the server. */
  organization_id: string | undefined
  /** Where exports come from. */
  path: string
}

/** The page both for an organization and for the whole server: filters that live in the address, events as sentences. */
export function AuditTrail(props: AuditTrailProps): JSX.Element {
  const [search, setSearch] = useSearchParams()
  const filter = createMemo(() => readFilter(search))
  const list = useInfiniteQuery(() => auditQuery(props.organization_id, filter()))
  const events = createMemo(() => (list.isSuccess ? list.data.pages.flatMap((page) => page.items) : []))
  const set = (name: FilterName, value: string): void =>
    setSearch({ [name]: value || null }, { scroll: false })
  const clear = (): void => setSearch(Object.fromEntries(FILTER_NAMES.map((name) => [name, null])))
  const narrowed = () => Object.keys(filter()).length > 0
  const empty = () => list.isSuccess && !list.isPlaceholderData && events().length === 0
  return (
    <>
      <PageHead title={props.title} note={props.note}>
        <Exports path={props.path} filter={filter()} />
      </PageHead>
      <Filters filter={filter()} whole={props.organization_id === undefined} events={events()} set={set} />
      <Switch>
        <Match when={list.isError && !list.isSuccess}>
          <PageProblem error={list.error} retry={() => list.refetch()} />
        </Match>
        <Match when={empty() && narrowed()}>
          <EmptyState icon={<SearchX size={22} aria-hidden="true" />} title="No event fits these filters">
            <Button onClick={clear}>Clear filters</Button>
          </EmptyState>
        </Match>
        <Match when={empty()}>
          <EmptyState icon={<ScrollText size={22} aria-hidden="true" />} title="Nothing has happened yet">
            <p>Keys, terminals that log in, members and their roles: what is done to them stands here.</p>
          </EmptyState>
        </Match>
        <Match when={true}>
          <ol class={css.events} aria-label="Events" aria-busy={list.isPending}>
            <Show when={list.isSuccess} fallback={<Bones />}>
              <For each={events()}>
                {(event) => (
                  <EventLine event={event} whose={props.organization_id === undefined} narrow={set} />
                )}
              </For>
            </Show>
          </ol>
          <Show when={list.isSuccess}>
            <div class={css.foot} tabindex="-1">
              <span>
                {list.hasNextPage
                  ? `${count(events().length, 'event')} shown`
                  : count(events().length, 'event')}
              </span>
              <Show when={list.hasNextPage}>
                <Button size="sm" busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
                  Show older events
                </Button>
              </Show>
            </div>
          </Show>
        </Match>
      </Switch>
    </>
  )
}

/** Everything the filters leave, as a file. That it was taken is an event as well. */
function Exports(props: { path: string; filter: AuditFilter }): JSX.Element {
  const href = (format: 'csv' | 'ndjson') => exportHref(props.path, props.filter, format, Date.now())
  return (
    <For each={['csv', 'ndjson'] as const}>
      {(format) => (
        <a class={buttonClass()} href={href(format)} download="">
          <Download size={14} aria-hidden="true" /> <span class="visually-hidden">Export as </span>
          {format.toUpperCase()}
        </a>
      )}
    </For>
  )
}

function Filters(props: {
  filter: AuditFilter
  /** Of the whole server. */
  whole: boolean
  events: AuditEvent[]
  set: (name: FilterName, value: string) => void
}): JSX.Element {
  // What the rows call an id is what its chip says.
  const named = (name: FilterName, id: string): string => {
    const event = props.events.find((one) => {
      if (name === 'organization') return one.organization?.id === id
      return name === 'actor' ? one.actor.id === id : one.target.id === id
    })
    if (!event) return shorten(id, 12, 4)
    if (name === 'organization') return event.organization?.name ?? shorten(id)
    return name === 'actor' ? actorName(event) : targetName(event)
  }
  const chips = () =>
    (['actor', 'target', 'organization'] as const).flatMap((name) => {
      const id = props.filter[name]
      return id === undefined ? [] : [{ name, id }]
    })
  return (
    <div class={css.bar}>
      <Select
        label="What"
        choices={actionChoices(props.whole, props.filter.action)}
        value={props.filter.action}
        set={(value) => props.set('action', value)}
      />
      <Select
        label="Outcome"
        choices={OUTCOMES}
        value={props.filter.outcome}
        set={(value) => props.set('outcome', value)}
      />
      <Select
        label="When"
        choices={TIMES}
        value={props.filter.since}
        set={(value) => props.set('since', value)}
      />
      <For each={chips()}>
        {(chip) => (
          <FilterChip
            label={CHIPS[chip.name]}
            value={named(chip.name, chip.id)}
            remove={() => props.set(chip.name, '')}
          />
        )}
      </For>
    </div>
  )
}

const CHIPS = { actor: 'By', target: 'To', organization: 'In' }

function Select(props: {
  label: string
  choices: Choice[]
  value: string | undefined
  set: (value: string) => void
}): JSX.Element {
  return (
    <select
      class={css.select}
      aria-label={props.label}
      data-on={props.value !== undefined || undefined}
      onChange={(event) => props.set(event.currentTarget.value)}
    >
      <For each={props.choices}>
        {(one) => (
          <option value={one.value} selected={one.value === (props.value ?? '')}>
            {one.words}
          </option>
        )}
      </For>
    </select>
  )
}

function Bones(): JSX.Element {
  return (
    <For each={Array.from({ length: 8 })}>
      {() => (
        <li class={css.event} aria-hidden="true">
          <span class={css.bone} />
        </li>
      )}
    </For>
  )
}
