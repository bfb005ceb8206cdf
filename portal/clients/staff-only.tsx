import Lock from 'lucide-solid/icons/lock'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'

/** Spares everybody else a page of refusals; the server refuses on its own account. */
export function StaffOnly(props: { children: JSX.Element }): JSX.Element {
  const session = useSession()
  return (
    <Show
      when={session.me().account.staff}
      fallback={
        <EmptyState page icon={<Lock size={24} aria-hidden="true" />} title="For administrators">
          <p>These pages belong to the administrators of this server.</p>
          <LinkButton href={session.href('/portal/episodes')}>Go to episodes</LinkButton>
        </EmptyState>
      }
    >
      {props.children}
    </Show>
  )
}
