import { useQuery } from '@tanstack/solid-query'
import UserPlus from 'lucide-solid/icons/user-plus'
import { createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import type { Member, Organization } from '../api.ts'
import { NoOrganization } from '../shell/no-organization.tsx'
import { Button } from '../ui/button.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { InvitationList } from './invitation-list.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { membersQuery, type Role } from './member-queries.ts'
import { MemberTable } from './member-table.tsx'
import { RemoveDialog } from './remove-dialog.tsx'
import { RoleDialog } from './role-dialog.tsx'
import { TransferDialog } from './transfer-dialog.tsx'

/** `/portal/members`: who belongs to the organization, with which role, and who is invited. */
export function MembersPage(): JSX.Element {
  const session = useSession()
  useTitle(() => 'Members')
  return (
    <Show when={session.organization()} fallback={<NoOrganization />} keyed>
      {(organization) => <People organization={organization} />}
    </Show>
  )
}

/** What is being done about whom. */
export interface MemberAction {
  kind: 'role' | 'remove' | 'transfer'
  member: Member
}

function People(props: { organization: Organization }): JSX.Element {
  const session = useSession()
  const own = (): Role => (session.me().account.staff ? 'owner' : props.organization.role)
  const manages = () => own() === 'admin' || own() === 'owner'
  const organization_id = () => props.organization.id
  const members = useQuery(() => membersQuery(organization_id()))
  const [inviting, setInviting] = createSignal(false)
  const [doing, setDoing] = createSignal<MemberAction>()
  const of = (kind: MemberAction['kind']) => (doing()?.kind === kind ? doing()?.member : undefined)
  const close = () => setDoing(undefined)
  return (
    <>
      <PageHead
        title="Members"
        note={<>Who belongs to {props.organization.name}, and what each may do here.</>}
      >
        <Show when={manages()}>
          <Button variant="primary" onClick={() => setInviting(true)}>
            <UserPlus size={15} aria-hidden="true" /> Invite
          </Button>
        </Show>
      </PageHead>
      <Switch>
        <Match when={members.isError && !members.isSuccess}>
          <PageProblem error={members.error} retry={() => members.refetch()} />
        </Match>
        <Match when={true}>
          <MemberTable
            members={members.isSuccess ? members.data : undefined}
            own={own()}
            invite={manages() ? () => setInviting(true) : undefined}
            act={setDoing}
          />
        </Match>
      </Switch>
      <Show when={manages()}>
        <InvitationList organization_id={organization_id()} own={own()} />
        <InviteDialog
          organization={props.organization}
          own={own()}
          open={inviting()}
          close={() => setInviting(false)}
        />
      </Show>
      <RoleDialog organization={props.organization} own={own()} member={of('role')} close={close} />
      <RemoveDialog organization={props.organization} member={of('remove')} close={close} />
      <TransferDialog organization={props.organization} member={of('transfer')} close={close} />
    </>
  )
}
