import ShieldCheck from 'lucide-solid/icons/shield-check'
import type { JSX } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { useTitle } from '../ui/page.tsx'

/** Instead of every page of an organization that requires a second factor, for somebody who has none. */
export function SecondFactorNeeded(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Second factor needed')
  return (
    <EmptyState
      page
      icon={<ShieldCheck size={24} aria-hidden="true" />}
      title={`${session.organization()?.name ?? 'This organization'} requires a second factor`}
    >
      <p>
        Set up an authenticator app or a passkey. It takes a minute, and everything here opens at once. Robots
        that log with keys of the organization go on meanwhile.
      </p>
      <LinkButton href={session.href('/portal/settings#second-factor')} variant="primary">
        Set up a second factor
      </LinkButton>
    </EmptyState>
  )
}
