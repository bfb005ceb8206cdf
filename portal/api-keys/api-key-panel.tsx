import { queryOptions, useQuery } from '@tanstack/solid-query'
import KeyRound from 'lucide-solid/icons/key-round'
import Plus from 'lucide-solid/icons/plus'
import { createMemo, createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { type ApiKey, api, type Organization } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { ahead, count } from '../ui/format.ts'
import { PageProblem } from '../ui/problem.tsx'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time, useNow } from '../ui/time.tsx'
import css from './api-key-panel.module.css'
import { MintDialog } from './mint-dialog.tsx'
import { RevokeDialog } from './revoke-dialog.tsx'

/** The keys of an organization. Looked at again now and then: "last used" is news. */
export function apiKeysQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['api-keys', organization_id],
    queryFn: () => api.apiKeys.list.query({ organization_id }),
    refetchInterval: 15_000,
    // A row that changed keeps its place in the page, and with it the focus of its button.
    reconcile: 'id',
  })
}

/** The button that mints, with the dialogs behind it. */
export function NewApiKey(props: { organization_id: string }): JSX.Element {
  const [open, setOpen] = createSignal(false)
  return (
    <>
      <Button variant="primary" onClick={() => setOpen(true)}>
        <Plus size={15} aria-hidden="true" /> New API key
      </Button>
      <MintDialog organization_id={props.organization_id} open={open()} close={() => setOpen(false)} />
    </>
  )
}

/**
 * The table of keys, the same for members and for staff. Viewers look; members revoke what they minted;
 * admins revoke any.
 */
export function ApiKeyPanel(props: { organization_id: string; ownRole: Organization['role'] }): JSX.Element {
  const session = useSession()
  const keys = useQuery(() => apiKeysQuery(props.organization_id))
  const [revoking, setRevoking] = createSignal<ApiKey>()
  const now = useNow()
  const isLive = (key: ApiKey): boolean => !key.revoked_at && !isExpired(key, now())
  const sorted = createMemo(() => {
    const all = keys.isSuccess ? keys.data : []
    return [...all.filter(isLive), ...all.filter((key) => !isLive(key))]
  })
  const mayRevoke = (key: ApiKey): boolean => {
    if (props.ownRole === 'owner' || props.ownRole === 'admin') return true
    return props.ownRole === 'member' && key.created_by.id === session.me().account.id
  }
  return (
    <Switch>
      <Match when={keys.isError && !keys.isSuccess}>
        <PageProblem error={keys.error} retry={() => keys.refetch()} />
      </Match>
      <Match when={keys.isSuccess && keys.data.length === 0}>
        <EmptyState icon={<KeyRound size={22} aria-hidden="true" />} title="No API keys yet">
          <p>
            A key lets a robot, a laptop or a CI job log episodes here. It is shown once, when it is made.
          </p>
          <Show when={props.ownRole === 'viewer'}>
            <p>You can look, but only members make keys.</p>
          </Show>
        </EmptyState>
      </Match>
      <Match when={true}>
        <TableFrame label="API keys">
          <table class={`${table.table} ${css.keys}`} role="table">
            <thead>
              <tr>
                <th>Label</th>
                <th>Public prefix</th>
                <th>Created</th>
                <th>By</th>
                <th>Last used</th>
                <th>Status</th>
                <th class={table.end}>
                  <span class="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              <Show when={keys.isSuccess} fallback={<SkeletonRows columns={7} />}>
                <For each={sorted()}>
                  {(key) => (
                    <KeyLine
                      api_key={key}
                      live={isLive(key)}
                      mayRevoke={mayRevoke(key)}
                      revoke={() => setRevoking(key)}
                    />
                  )}
                </For>
              </Show>
            </tbody>
          </table>
          <Show when={keys.isSuccess}>
            <p class={table.note}>{tally(sorted(), isLive)}</p>
          </Show>
        </TableFrame>
        <RevokeDialog
          api_key={revoking()}
          organization_id={props.organization_id}
          close={() => setRevoking(undefined)}
        />
      </Match>
    </Switch>
  )
}

function isExpired(key: ApiKey, now: number): boolean {
  return key.expires_at !== null && Date.parse(key.expires_at) <= now
}

/** `2 live keys, 1 revoked, 1 expired` */
function tally(keys: ApiKey[], isLive: (key: ApiKey) => boolean): string {
  const live = keys.filter(isLive).length
  const revoked = keys.filter((key) => key.revoked_at).length
  const expired = keys.length - live - revoked
  return [
    count(live, 'live key'),
    ...(revoked > 0 ? [`${revoked} revoked`] : []),
    ...(expired > 0 ? [`${expired} expired`] : []),
  ].join(', ')
}

function KeyLine(props: {
  api_key: ApiKey
  live: boolean
  mayRevoke: boolean
  revoke: () => void
}): JSX.Element {
  return (
    <tr class={!props.live ? css.dead : undefined} role="row" data-row>
      <td role="cell" class={`${table.wrapText} ${css.label}`}>
        <bdi>{props.api_key.label}</bdi>
        <Show when={props.api_key.hostname ?? props.api_key.sdk_version}>
          <p class={css.terminal}>
            <bdi>{props.api_key.hostname ?? 'Unnamed machine'}</bdi>
            <Show when={props.api_key.sdk_version}>
              {' · '}
              <bdi>{props.api_key.sdk_version}</bdi>
            </Show>
          </p>
        </Show>
      </td>
      <td role="cell" class={css.prefix}>
        <code>{props.api_key.prefix}</code>
        <span class={css.hidden} aria-hidden="true">
          _••••
        </span>
      </td>
      <td role="cell" class={css.created}>
        <Time at={props.api_key.created_at} />
      </td>
      <td role="cell" class={css.by} title={props.api_key.created_by.email}>
        <bdi>{props.api_key.created_by.name}</bdi>
      </td>
      <td role="cell" class={css.used}>
        <Show when={props.api_key.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" class={css.status}>
        <KeyStatus api_key={props.api_key} live={props.live} />
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <Show when={props.live && props.mayRevoke}>
          <Button
            size="sm"
            variant="ghost"
            aria-label={`Revoke ${props.api_key.label}`}
            onClick={props.revoke}
          >
            Revoke
          </Button>
        </Show>
      </td>
    </tr>
  )
}

/** Whether a key works, and until when or since when not. */
function KeyStatus(props: { api_key: ApiKey; live: boolean }): JSX.Element {
  return (
    <Switch fallback={<Badge tone="ready">Live</Badge>}>
      <Match when={props.api_key.revoked_at}>
        {(at) => (
          <Badge tone="neutral">
            Revoked <Time at={at()} />
          </Badge>
        )}
      </Match>
      <Match when={!props.live && props.api_key.expires_at}>
        {(at) => (
          <Badge tone="neutral">
            Expired <Time at={at()} />
          </Badge>
        )}
      </Match>
      <Match when={props.api_key.expires_at}>
        {(at) => (
          <>
            <Badge tone="ready">Live</Badge>{' '}
            <span class={css.expires}>
              Expires <Time at={at()} words={ahead} />
            </span>
          </>
        )}
      </Match>
    </Switch>
  )
}
