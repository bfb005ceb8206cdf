import { A, useSearchParams } from '@solidjs/router'
import { useInfiniteQuery } from '@tanstack/solid-query'
import Check from 'lucide-solid/icons/check'
import SearchX from 'lucide-solid/icons/search-x'
import TrashIcon from 'lucide-solid/icons/trash'
import {
  createEffect,
  createMemo,
  createSignal,
  type JSX,
  Match,
  on,
  onCleanup,
  Show,
  Switch,
} from 'solid-js'
import { ALL_PROJECTS } from '../accounts/place.ts'
import { useSession } from '../accounts/session.tsx'
import type { EpisodeSummary, Organization } from '../api.ts'
import { isAdmin } from '../shell/is-admin.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { createSelection } from '../ui/selection.ts'
import { EpisodeList } from './episode-list.tsx'
import { episodesQuery } from './episode-queries.ts'
import { FILTER_NAMES, type FilterName, readFilter } from './filter.ts'
import { FilterBar } from './filter-bar.tsx'
import first from './first-episode.module.css'
import { FirstEpisode } from './first-episode.tsx'
import { MOST_SELECTED } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'

/** `/portal/episodes`: what happened, newest first. */
export function EpisodesPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Episodes')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => (
        // Each place starts anew: what was empty before says nothing about the next one.
        <Show when={session.project()?.slug ?? ALL_PROJECTS} keyed>
          {(project) => (
            <Episodes organization={organization} project={project === ALL_PROJECTS ? null : project} />
          )}
        </Show>
      )}
    </Show>
  )
}

function Episodes(props: { organization: Organization; project: string | null }): JSX.Element {
  const session = useSession()
  const [search, setSearch] = useSearchParams()
  const filter = createMemo(() => readFilter(search))
  const list = useInfiniteQuery(() =>
    episodesQuery({ organization_id: props.organization.id, project: props.project }, filter()),
  )
  const selection = createSelection<EpisodeSummary>(MOST_SELECTED)
  const mayDelete = () => session.me().account.staff || isAdmin(props.organization)
  const last = () => (list.isSuccess ? list.data.pages.at(-1) : undefined)
  const awake = useAwake()
  const episodes = createMemo(() => (list.isSuccess ? list.data.pages.flatMap((page) => page.items) : []))
  const narrowed = () => Object.keys(filter()).length > 0
  const empty = () =>
    list.isSuccess && !list.isPlaceholderData && episodes().length === 0 && !list.hasNextPage
  const received = useFirstReceived(empty, narrowed, () => episodes()[0]?.id)
  const set = (name: FilterName, value: string | undefined): void =>
    setSearch({ [name]: value ?? null }, { scroll: false })
  const clear = (): void => setSearch(Object.fromEntries(FILTER_NAMES.map((name) => [name, null])))
  return (
    <>
      <PageHead title="Episodes">
        <LinkButton variant="ghost" href={session.href('/portal/trash')}>
          <TrashIcon size={14} aria-hidden="true" /> Trash
        </LinkButton>
      </PageHead>
      <Show when={received()}>
        {(id) => (
          <p class={first.received} role="status">
            <Check size={15} aria-hidden="true" /> First episode received.
            <A href={session.href(`/portal/episodes/${id()}`)}>Open it</A>
          </p>
        )}
      </Show>
      <Switch>
        <Match when={list.isError && !list.isSuccess}>
          <PageProblem error={list.error} retry={() => list.refetch()} />
        </Match>
        <Match when={empty() && !narrowed()}>
          <FirstEpisode />
        </Match>
        <Match when={true}>
          <FilterBar filter={filter()} set={set} clear={clear} />
          <Show
            when={!empty()}
            fallback={
              <EmptyState
                icon={<SearchX size={22} aria-hidden="true" />}
                title="No episode fits these filters"
              >
                <Button onClick={clear}>Clear filters</Button>
              </EmptyState>
            }
          >
            <EpisodeList
              episodes={episodes()}
              loading={list.isPending}
              more={list.isSuccess && list.hasNextPage}
              ready={!list.isFetching && !list.isPlaceholderData && awake()}
              total={list.isSuccess ? (list.data.pages[0]?.total ?? null) : null}
              lookedTo={last()?.looked_to ?? null}
              loadMore={() => void list.fetchNextPage()}
              href={(id) => session.href(`/portal/episodes/${id}`)}
              selection={mayDelete() ? selection : undefined}
            />
            <Show when={selection.all().length > 0}>
              <SelectionBar selection={selection} />
            </Show>
          </Show>
        </Match>
      </Switch>
    </>
  )
}

/** Whether the page is on screen: a search that nobody watches waits. */
function useAwake(): () => boolean {
  const visible = () => document.visibilityState === 'visible'
  const [awake, setAwake] = createSignal(visible())
  const update = (): void => void setAwake(visible())
  document.addEventListener('visibilitychange', update)
  onCleanup(() => document.removeEventListener('visibilitychange', update))
  return awake
}

/** The id of the first episode, once one arrives where there was none while the page was open. */
function useFirstReceived(
  empty: () => boolean,
  narrowed: () => boolean,
  id: () => string | undefined,
): () => string | undefined {
  const [wasEmpty, setWasEmpty] = createSignal(false)
  createEffect(
    on([empty, narrowed], ([isEmpty, isNarrowed]) => {
      if (isEmpty && !isNarrowed) setWasEmpty(true)
    }),
  )
  return () => (wasEmpty() && !empty() && !narrowed() ? id() : undefined)
}
