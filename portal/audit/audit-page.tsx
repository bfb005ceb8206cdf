import Lock from 'lucide-solid/icons/lock'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Organization } from '../api.ts'
import { StaffOnly } from '../clients/staff-only.tsx'
import { isAdmin } from '../shell/is-admin.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { LinkButton } from '../ui/button.tsx'
import { EmptyState } from '../ui/empty-state.tsx'
import { useTitle } from '../ui/page.tsx'
import { AuditTrail } from './audit-trail.tsx'

/** `/portal/audit`: what has been done in an organization, for its admins. */
export function AuditPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Audit')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => (
        <Show when={isAdmin(organization)} fallback={<NotForMembers organization={organization} />}>
          <AuditTrail
            title="Audit"
            note={`Who did what to the credentials, people and policies of ${organization.name}, and who tried.`}
            organization_id={organization.id}
            path={`/api/v1/organizations/${organization.slug}/audit`}
          />
        </Show>
      )}
    </Show>
  )
}

/** `/admin/audit`: the whole server's, for staff. */
export function WholeAuditPage(): JSX.Element {
  useTitle(() => 'Audit of the server')
  return (
    <StaffOnly>
      <AuditTrail
        title="Audit of the server"
        note="Every organization, and what belongs to none. Without filters an export holds the whole chain: robotrace admin audit verify proves it."
        organization_id={undefined}
        path="/api/v1/admin/audit"
      />
    </StaffOnly>
  )
}

function NotForMembers(props: { organization: Organization }): JSX.Element {
  const session = useSession()
  return (
    <EmptyState page icon={<Lock size={24} aria-hidden="true" />} title="For admins and owners">
      <p>The audit trail of {props.organization.name} is shown to its admins and owners.</p>
      <LinkButton href={session.href('/portal/episodes')}>Go to episodes</LinkButton>
    </EmptyState>
  )
}
