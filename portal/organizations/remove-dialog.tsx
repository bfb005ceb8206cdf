import { useNavigate } from '@solidjs/router'
import { type JSX, Show } from 'solid-js'
import { useSession } from '../accounts/session.tsx'
import { api, type Member, type Organization } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { toast } from '../ui/toast.tsx'
import { ConsequencesView } from './consequences.tsx'
import { refreshPeople } from './member-queries.ts'

/** Ends a membership, somebody else's or one's own, after saying what ends with it. */
export function RemoveDialog(props: {
  organization: Organization
  member: Member | undefined
  close: () => void
}): JSX.Element {
  return (
    <Show when={props.member} keyed>
      {(member) => <RemoveOne organization={props.organization} member={member} close={props.close} />}
    </Show>
  )
}

function RemoveOne(props: { organization: Organization; member: Member; close: () => void }): JSX.Element {
  const session = useSession()
  const navigate = useNavigate()
  const { account_id, name } = props.member
  const { id: organization_id, name: organization } = props.organization
  const self = account_id === session.me().account.id
  const act = async (): Promise<void> => {
    if (self) await api.members.leave.mutate({ organization_id })
    else await api.members.remove.mutate({ organization_id, account_id })
    toast(
      self
        ? { title: `You left ${organization}` }
        : { title: 'Member removed', detail: `${name} does not belong to ${organization} any more.` },
    )
    if (self) navigate('/portal/episodes')
    await refreshPeople(organization_id)
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={self ? `Leave ${organization}?` : `Remove ${name}?`}
      description={
        self
          ? 'You lose access to its episodes and robots at once. Coming back takes a new invitation.'
          : `They lose access to ${organization} with their next request. What they recorded stays. Coming back takes a new invitation.`
      }
      verb={self ? 'Leave' : 'Remove'}
      act={act}
    >
      <ConsequencesView organization_id={organization_id} account_id={account_id} to={null} />
    </AskDialog>
  )
}
