import { A, useLocation } from '@solidjs/router'
import BookOpen from 'lucide-solid/icons/book-open'
import Bot from 'lucide-solid/icons/bot'
import Building from 'lucide-solid/icons/building'
import KeyRound from 'lucide-solid/icons/key-round'
import KeySquare from 'lucide-solid/icons/key-square'
import ListVideo from 'lucide-solid/icons/list-video'
import ScrollText from 'lucide-solid/icons/scroll-text'
import Search from 'lucide-solid/icons/search'
import SlidersHorizontal from 'lucide-solid/icons/sliders-horizontal'
import Ticket from 'lucide-solid/icons/ticket'
import Users from 'lucide-solid/icons/users'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { KeysToRotate } from '../api-keys/keys-to-rotate.tsx'
import { Mark } from '../ui/mark.tsx'
import { AccountMenu } from './account-menu.tsx'
import { isAdmin } from './is-admin.ts'
import { openPalette } from './overlays.ts'
import css from './side-bar.module.css'

/** Where one can go: a column, a strip of icons on a narrow screen, a bar at the bottom of a phone. */
export function SideBar(): JSX.Element {
  const session = useSession()
  const location = useLocation()
  return (
    <aside class={css.side}>
      <div class={css.who}>
        <Mark />
        <span class={css.name}>RoboTrace</span>
      </div>
      <button type="button" class={css.search} onClick={openPalette} title="Search and commands (Ctrl K)">
        <Search size={15} aria-hidden="true" />
        <span class={css.label}>Search</span>
        <kbd class={css.keys}>Ctrl K</kbd>
      </button>
      <nav class={css.nav} aria-label="Main">
        <NavLink
          href={session.href('/portal/episodes')}
          label="Episodes"
          within={location.pathname.startsWith('/portal/trash')}
        >
          <ListVideo size={16} aria-hidden="true" />
        </NavLink>
        <NavLink href={session.href('/portal/devices')} label="Devices">
          <Bot size={16} aria-hidden="true" />
        </NavLink>
        <NavLink
          href={session.href('/portal/api-keys')}
          label="API keys"
          extra={
            <Show when={session.organization()?.locked ? undefined : session.organization()} keyed>
              {(organization) => (
                <KeysToRotate
                  organization_id={organization.id}
                  who={{ account_id: session.me().account.id, role: organization.role }}
                />
              )}
            </Show>
          }
        >
          <KeyRound size={16} aria-hidden="true" />
        </NavLink>
        <NavLink href={session.href('/portal/tokens')} label="API tokens">
          <Ticket size={16} aria-hidden="true" />
        </NavLink>
        <NavLink href={session.href('/portal/members')} label="Members">
          <Users size={16} aria-hidden="true" />
        </NavLink>
        <NavLink href={session.href('/portal/organization')} label="Organization">
          <SlidersHorizontal size={16} aria-hidden="true" />
        </NavLink>
        <NavLink href={session.href('/portal/ssh-keys')} label="SSH keys">
          <KeySquare size={16} aria-hidden="true" />
        </NavLink>
        <Show when={isAdmin(session.organization())}>
          <NavLink href={session.href('/portal/audit')} label="Audit">
            <ScrollText size={16} aria-hidden="true" />
          </NavLink>
        </Show>
        <Show when={session.me().account.staff}>
          <p class={css.group}>Admin</p>
          <NavLink href="/admin/clients" label="Clients">
            <Building size={16} aria-hidden="true" />
          </NavLink>
          <NavLink href="/admin/audit" label="Server audit">
            <ScrollText size={16} aria-hidden="true" />
          </NavLink>
        </Show>
      </nav>
      {/* A page of the server's own, outside of this application. */}
      <a href="/docs/api" rel="external" class={`${css.link} ${css.reference}`} title="API reference">
        <BookOpen size={16} aria-hidden="true" />
        <span class={css.label}>API reference</span>
      </a>
      <AccountMenu />
    </aside>
  )
}

function NavLink(props: {
  href: string
  label: string
  children: JSX.Element
  extra?: JSX.Element
  /** The page that is shown belongs to this one, whatever its address. */
  within?: boolean
}): JSX.Element {
  return (
    <A
      href={props.href}
      class={css.link}
      activeClass={css.active}
      inactiveClass={props.within ? css.within : ''}
      title={props.label}
    >
      {props.children}
      <span class={css.label}>{props.label}</span>
      {props.extra}
    </A>
  )
}
