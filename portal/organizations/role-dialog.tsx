import { createSignal, type JSX, Show } from 'solid-js'
import { api, type Member, type Organization } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { toast } from '../ui/toast.tsx'
import { ConsequencesView } from './consequences.tsx'
import { type Role, refreshPeople, roleName, roleSentence, rolesUpTo } from './member-queries.ts'

import css from './members.module.css'

/** Another role for somebody, with what it stops. */
export function RoleDialog(props: {
  organization: Organization
  own: Role
  member: Member | undefined
  close: () => void
}): JSX.Element {
  return (
    <Show when={props.member} keyed>
      {(member) => (
        <ChangeRole organization={props.organization} own={props.own} member={member} close={props.close} />
      )}
    </Show>
  )
}

function ChangeRole(props: {
  organization: Organization
  own: Role
  member: Member
  close: () => void
}): JSX.Element {
  // What the row said when this was opened: the list behind may change meanwhile.
  const { account_id, name, role: before } = props.member
  const [role, setRole] = createSignal<Role>(before)
  const { error, busy, submit, forget } = createSubmission(async () => {
    const organization_id = props.organization.id
    await api.members.changeRole.mutate({ organization_id, account_id, role: role() })
    props.close()
    toast({ title: 'Role changed', detail: `${name} is ${roleName(role()).toLowerCase()} from now on.` })
    await refreshPeople(organization_id)
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Role of ${name}`}
      description="It holds from the next request on, of whatever they are signed in with."
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button type="submit" form="role" variant="primary" busy={busy()} disabled={role() === before}>
            Change role
          </Button>
        </>
      }
    >
      <form id="role" class={css.form} onSubmit={submit}>
        <ChoiceField
          label="Role"
          choices={rolesUpTo(props.own).map((value) => ({ value, words: roleName(value) }))}
          value={role()}
          hint={`${roleSentence(role())}.`}
          onChoice={(value) => {
            forget()
            setRole(rolesUpTo(props.own).find((one) => one === value) ?? before)
          }}
        />
        <Show when={role() !== before}>
          <ConsequencesView organization_id={props.organization.id} account_id={account_id} to={role()} />
        </Show>
        <FormProblem error={error()} />
      </form>
    </Dialog>
  )
}
