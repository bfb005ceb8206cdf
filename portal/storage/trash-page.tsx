import { A } from '@solidjs/router'
import { useInfiniteQuery } from '@tanstack/solid-query'
import TrashIcon from 'lucide-solid/icons/trash'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Organization, TrashedEpisode } from '../api.ts'
import { restoreFromTrash } from '../episodes/trash-actions.tsx'
import { isAdmin } from '../shell/is-admin.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button, LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ahead, count, size } from '../ui/format.ts'
import { BackLink, PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { DeleteForGood, EmptyTrash } from './delete-for-good.tsx'
import css from './storage.module.css'
import { trashQuery } from './storage-queries.ts'

/** `/portal/trash`: what was deleted and can still be restored. */
export function TrashPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Trash')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => <Trash organization={organization} />}
    </Show>
  )
}

function Trash(props: { organization: Organization }): JSX.Element {
  const session = useSession()
  const mayDelete = () => session.me().account.staff || isAdmin(props.organization)
  const trash = useInfiniteQuery(() => trashQuery(props.organization.id))
  const items = () => (trash.isSuccess ? trash.data.pages.flatMap((page) => page.items) : [])
  const [emptying, setEmptying] = createSignal(false)
  const [doomed, setDoomed] = createSignal<TrashedEpisode>()
  return (
    <>
      <BackLink href={session.href('/portal/episodes')}>Episodes</BackLink>
      <PageHead
        title="Trash"
        note="Deleted episodes of all projects. Each can be restored until it goes for good."
      >
        <Show when={mayDelete() && items().length > 0}>
          <Button variant="danger" onClick={() => setEmptying(true)}>
            Empty the trash
          </Button>
        </Show>
      </PageHead>
      <Switch fallback={<div class={css.waiting} aria-busy="true" />}>
        <Match when={trash.isError && !trash.isSuccess}>
          <PageProblem error={trash.error} retry={() => trash.refetch()} />
        </Match>
        <Match when={trash.isSuccess && items().length === 0}>
          <EmptyState icon={<TrashIcon size={22} aria-hidden="true" />} title="The trash is empty">
            <p>
              Episodes that somebody deletes, or that a retention rule names, wait here before they go for
              good.
            </p>
            <LinkButton href={session.href('/portal/episodes')}>All episodes</LinkButton>
          </EmptyState>
        </Match>
        <Match when={trash.isSuccess}>
          <TrashTable items={items()} more={trash.hasNextPage} mayDelete={mayDelete()} doom={setDoomed} />
          <div tabindex="-1">
            <Show when={trash.hasNextPage}>
              <Button busy={trash.isFetchingNextPage} onClick={() => void trash.fetchNextPage()}>
                Show more
              </Button>
            </Show>
          </div>
        </Match>
      </Switch>
      <Show when={doomed()} keyed>
        {(episode) => <DeleteForGood episode={episode} close={() => setDoomed(undefined)} />}
      </Show>
      <Show when={emptying()}>
        <EmptyTrash organization={props.organization} close={() => setEmptying(false)} />
      </Show>
    </>
  )
}

function TrashTable(props: {
  items: TrashedEpisode[]
  more: boolean
  mayDelete: boolean
  doom: (episode: TrashedEpisode) => void
}): JSX.Element {
  const session = useSession()
  return (
    <TableFrame label="Trash table">
      <table class={`${table.table} ${table.cards}`} role="table">
        <thead>
          <tr>
            <th>Episode</th>
            <th class={table.number}>Size</th>
            <th>Deleted</th>
            <th>By</th>
            <th>Goes for good</th>
            <th class={table.end}>
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <For each={props.items}>
            {(one) => (
              <tr role="row">
                <td role="cell" class={table.wrapText}>
                  <A href={session.href(`/portal/episodes/${one.id}`)}>
                    <bdi>{one.name || 'Untitled'}</bdi>
                  </A>
                </td>
                <td role="cell" class={table.number} data-label="Size">
                  {one.bytes_total > 0 ? size(one.bytes_total) : '–'}
                </td>
                <td role="cell" data-label="Deleted">
                  <Time at={one.trashed_at} />
                </td>
                <td role="cell" data-label="By">
                  <Show when={one.trashed_by} fallback={<span class={table.dim}>a rule or a key</span>}>
                    {(name) => <bdi>{name()}</bdi>}
                  </Show>
                </td>
                <td role="cell" data-label="Goes for good">
                  <Time at={one.goes_at} words={ahead} />
                </td>
                <td role="cell" class={`${table.end} ${table.below}`}>
                  <Show when={props.mayDelete}>
                    <div class={css.actions}>
                      <Button
                        size="sm"
                        aria-label={`Restore ${one.name || one.id}`}
                        onClick={() => void restoreFromTrash([one.id])}
                      >
                        Restore
                      </Button>
                      <Button
                        size="sm"
                        variant="danger"
                        aria-label={`Delete ${one.name || one.id} for good`}
                        onClick={() => props.doom(one)}
                      >
                        Delete for good
                      </Button>
                    </div>
                  </Show>
                </td>
              </tr>
            )}
          </For>
        </tbody>
      </table>
      <p class={table.note}>
        {count(props.items.length, 'episode')}
        {props.more ? ', and more' : ''}
      </p>
    </TableFrame>
  )
}
