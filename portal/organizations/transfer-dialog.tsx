import { type JSX, Show } from 'solid-js'
import { api, type Member, type Organization } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { toast } from '../ui/toast.tsx'
import { refreshPeople } from './member-queries.ts'

/** Makes somebody owner and oneself admin. */
export function TransferDialog(props: {
  organization: Organization
  member: Member | undefined
  close: () => void
}): JSX.Element {
  return (
    <Show when={props.member} keyed>
      {(member) => <HandOver organization={props.organization} member={member} close={props.close} />}
    </Show>
  )
}

function HandOver(props: { organization: Organization; member: Member; close: () => void }): JSX.Element {
  const { account_id, name, email } = props.member
  const act = async (): Promise<void> => {
    const organization_id = props.organization.id
    await api.members.transferOwnership.mutate({ organization_id, account_id })
    toast({ title: 'Ownership handed over', detail: `${name} is an owner now, and you are an admin.` })
    await refreshPeople(organization_id)
  }
  return (
    <AskDialog
      open
      close={props.close}
      title={`Hand ${props.organization.name} over to ${name}?`}
      description={
        <>
          {email} becomes an owner and you become an admin, in one step. Only {name} or another owner can undo
          it.
        </>
      }
      verb="Hand over ownership"
      act={act}
    />
  )
}
