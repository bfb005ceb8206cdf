import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import Ellipsis from 'lucide-solid/icons/ellipsis'
import { For, type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Member } from '../api.ts'
import { Badge } from '../ui/badge.tsx'
import { Button, buttonClass } from '../ui/button.tsx'
import { count } from '../ui/format.ts'
import menu from '../ui/menu.module.css'
import { createMenuChoice } from '../ui/menu.ts'
import { SkeletonRows } from '../ui/skeleton.tsx'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { type Role, roleName, roleSentence } from './member-queries.ts'
import css from './members.module.css'
import type { MemberAction } from './members-page.tsx'

/** Everybody in the organization; what may be done about each is in a menu at the end of the row. */
export function MemberTable(props: {
  members: Member[] | undefined
  own: Role
  /** Set for those who may invite. */
  invite: (() => void) | undefined
  act: (action: MemberAction) => void
}): JSX.Element {
  const alone = () => props.invite && props.members?.length === 1
  return (
    <TableFrame label="Members">
      <table class={`${table.table} ${css.people}`} role="table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Role</th>
            <th>Joined</th>
            <th>Last seen</th>
            <th class={table.number}>Credentials</th>
            <th class={table.end}>
              <span class="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          <Show when={props.members} fallback={<SkeletonRows columns={6} />}>
            {(members) => (
              <For each={members()}>
                {(member) => <MemberLine member={member} own={props.own} act={props.act} />}
              </For>
            )}
          </Show>
        </tbody>
      </table>
      <Show when={props.members}>
        {(members) => (
          <p class={table.note}>
            {count(members().length, 'member')}
            <Show when={alone()}>
              {'. '}You are alone here.{' '}
              <Button size="sm" variant="ghost" class={css.inline} onClick={() => props.invite?.()}>
                Invite somebody
              </Button>
            </Show>
          </p>
        )}
      </Show>
    </TableFrame>
  )
}

function MemberLine(props: { member: Member; own: Role; act: (action: MemberAction) => void }): JSX.Element {
  const session = useSession()
  const isSelf = () => props.member.account_id === session.me().account.id
  return (
    <tr role="row" data-row>
      <td role="cell" class={`${table.wrapText} ${css.who}`}>
        <span class={css.name}>
          <bdi>{props.member.name}</bdi>
          <Show when={isSelf()}>
            <span class={css.you}>You</span>
          </Show>
          <Show when={props.member.disabled_at}>
            <Badge tone="attention">Locked</Badge>
          </Show>
        </span>
        <p class={css.email}>{props.member.email}</p>
      </td>
      <td role="cell" class={css.role} title={roleSentence(props.member.role)}>
        {roleName(props.member.role)}
      </td>
      <td role="cell" class={css.joined}>
        <Time at={props.member.created_at} />
      </td>
      <td role="cell" class={css.seen}>
        <Show when={props.member.last_seen_at} fallback={<span class={table.dim}>Not signed in</span>}>
          {(at) => <Time at={at()} />}
        </Show>
      </td>
      <td role="cell" class={`${table.number} ${css.credentials}`} title="Live personal keys and API tokens">
        {props.member.credential_count}
        <span class={css.unit}>
          {' '}
          {props.member.credential_count === 1 ? 'live key or token' : 'live keys and tokens'}
        </span>
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <MemberMenu member={props.member} own={props.own} self={isSelf()} act={props.act} />
      </td>
    </tr>
  )
}

/** Only what this person may do about that one; nothing at all where that is nothing. */
function MemberMenu(props: {
  member: Member
  own: Role
  self: boolean
  act: (action: MemberAction) => void
}): JSX.Element {
  const choice = createMenuChoice()
  const manages = () => props.own === 'owner' || (props.own === 'admin' && props.member.role !== 'owner')
  const items = (): { kind: MemberAction['kind']; words: string }[] => [
    ...(manages() ? [{ kind: 'role' as const, words: 'Change role…' }] : []),
    ...(props.own === 'owner' && !props.self && props.member.role !== 'owner'
      ? [{ kind: 'transfer' as const, words: 'Hand over ownership…' }]
      : []),
    ...(props.self ? [{ kind: 'remove' as const, words: 'Leave…' }] : []),
    ...(manages() && !props.self ? [{ kind: 'remove' as const, words: 'Remove…' }] : []),
  ]
  return (
    <Show when={items().length > 0}>
      <DropdownMenu placement="bottom-end" modal={false}>
        <DropdownMenu.Trigger
          class={buttonClass({ variant: 'ghost', size: 'sm', icon: true })}
          aria-label={`Actions for ${props.member.name}`}
        >
          <Ellipsis size={16} aria-hidden="true" />
        </DropdownMenu.Trigger>
        <DropdownMenu.Portal>
          <DropdownMenu.Content class={menu.menu} onCloseAutoFocus={choice.run}>
            <For each={items()}>
              {(item) => (
                <DropdownMenu.Item
                  class={menu.item}
                  onSelect={() => choice.set(() => props.act({ kind: item.kind, member: props.member }))}
                >
                  {item.words}
                </DropdownMenu.Item>
              )}
            </For>
          </DropdownMenu.Content>
        </DropdownMenu.Portal>
      </DropdownMenu>
    </Show>
  )
}
