import { For, type JSX, Show } from 'solid-js'
import type { ApiToken } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { ahead, count } from '../ui/format.ts'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import css from './api-tokens.module.css'

export interface TokenTableProps {
  tokens: ApiToken[]
  loading: boolean
  isLive: (token: ApiToken) => boolean
  /** The token whose text is shown below. */
  chosen: string | undefined
  choose: (id: string) => void
  revoke: (token: ApiToken) => void
}

/** Tokens that work, then those that have expired: these are greyed, and need no revoking. */
export function TokenTable(props: TokenTableProps): JSX.Element {
  const tally = (): string => {
    const live = props.tokens.filter(props.isLive).length
    const expired = props.tokens.length - live
    return expired > 0 ? `${count(live, 'active token')}, ${expired} expired` : count(live, 'active token')
  }
  return (
    <TableFrame label="API tokens">
      <table class={`${table.table} ${css.tokens}`} role="table">
        <thead>
          <tr>
            <th>Token</th>
            <th>Made</th>
            <th>From</th>
            <th>Last used</th>
            <th>Status</th>
            <th class={table.end}>
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Show when={!props.loading} fallback={<SkeletonRows columns={6} />}>
            <For each={props.tokens}>{(token) => <TokenLine {...props} token={token} />}</For>
          </Show>
        </tbody>
      </table>
      <Show when={!props.loading}>
        <p class={table.note}>{tally()}</p>
      </Show>
    </TableFrame>
  )
}

function TokenLine(props: TokenTableProps & { token: ApiToken }): JSX.Element {
  const live = () => props.isLive(props.token)
  const isChosen = () => props.chosen === props.token.id
  const name = () => shortId(props.token.id)
  const openByRow = (event: MouseEvent): void => {
    // What is pressed inside of the row acts by itself.
    if (live() && event.target instanceof Element && !event.target.closest('button')) {
      props.choose(props.token.id)
    }
  }
  return (
    <tr
      role="row"
      class={live() ? css.live : css.dead}
      data-chosen={isChosen() || undefined}
      onClick={openByRow}
    >
      <td role="cell">
        <Show when={live()} fallback={<code>{name()}</code>}>
          <button
            type="button"
            class={css.open}
            aria-expanded={isChosen()}
            aria-label={`Show token ${name()}`}
            onClick={() => props.choose(props.token.id)}
          >
            <code>{name()}</code>
          </button>
        </Show>
      </td>
      <td role="cell" class={css.made}>
        <Time at={props.token.created_at} />
      </td>
      <td role="cell" class={`mono ${css.from}`}>
        {props.token.ip}
      </td>
      <td role="cell" class={css.used}>
        <Show when={props.token.last_used_at} fallback={<span class={table.dim}>Never</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" class={css.status}>
        <Show
          when={live()}
          fallback={
            <>
              <Badge tone="neutral">Expired</Badge> <Time class={css.when} at={props.token.expires_at} />
            </>
          }
        >
          <Badge tone="ready">Active</Badge>{' '}
          <span class={css.when}>
            expires <Time at={props.token.expires_at} words={ahead} />
          </span>
        </Show>
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <Show when={live()}>
          <Button
            size="sm"
            variant="ghost"
            aria-label={`Revoke token ${name()}`}
            onClick={() => props.revoke(props.token)}
          >
            Revoke
          </Button>
        </Show>
      </td>
    </tr>
  )
}

/** The first eight characters tell one's tokens apart. @example shortId('tok_7c2h9v0m4t1xq8k3zb5n') // 'tok_7c2h9v0m' */
export function shortId(id: string): string {
  return id.slice(0, 12)
}
