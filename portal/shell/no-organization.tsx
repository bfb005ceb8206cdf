import Building from 'lucide-solid/icons/building'
import type { JSX } from 'solid-js'
import { EmptyState } from '../ui/empty-state.tsx'

/** For an account that nobody has put into an organization yet. */
export function NoOrganization(): JSX.Element {
  return (
    <EmptyState
      page
      icon={<Building size={24} aria-hidden="true" />}
      title="You belong to no organization yet"
    >
      <p>Ask an admin of your organization for an invitation. Episodes and API keys live in organizations.</p>
    </EmptyState>
  )
}
