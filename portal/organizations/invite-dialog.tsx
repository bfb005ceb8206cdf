import { createSignal, type JSX, Show } from 'solid-js'
import { api, fieldError, type Organization } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ChoiceField, Field } from '../ui/field.tsx'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { LinkDialog, type MadeLink } from './link-dialog.tsx'
import { invitationsQuery, type Role, roleName, roleSentence, rolesUpTo } from './member-queries.ts'

import css from './members.module.css'

const DAYS = [1, 7, 30] as const
type Days = (typeof DAYS)[number]

/** Asks whom to invite as what, then shows the link: it is told once. */
export function InviteDialog(props: {
  organization: Organization
  own: Role
  open: boolean
  close: () => void
}): JSX.Element {
  const [email, setEmail] = createSignal('')
  const [role, setRole] = createSignal<Role>('member')
  const [days, setDays] = createSignal<Days>(7)
  const [made, setMade] = createSignal<MadeLink>()
  const { error, busy, submit } = createSubmission(async () => {
    const organization_id = props.organization.id
    const { invitation, link } = await api.invitations.make.mutate({
      organization_id,
      email: email().trim(),
      role: role(),
      days: days(),
    })
    props.close()
    setMade({ id: invitation.id, email: invitation.email, link })
    setEmail('')
    await queryClient.invalidateQueries({ queryKey: invitationsQuery(organization_id).queryKey })
  })
  return (
    <>
      <Dialog
        open={props.open}
        onClose={props.close}
        title={`Invite to ${props.organization.name}`}
        description="They get a link that works once, for this address only."
        footer={
          <>
            <Button onClick={props.close}>Cancel</Button>
            <Button type="submit" form="invite" variant="primary" busy={busy()}>
              Make invitation
            </Button>
          </>
        }
      >
        <form id="invite" class={css.form} onSubmit={submit}>
          <Field
            label="E-mail"
            type="email"
            autocomplete="off"
            placeholder="casey@lab.example"
            required
            value={email()}
            onText={setEmail}
            error={fieldError(error(), 'email')}
          />
          <ChoiceField
            label="Role"
            choices={rolesUpTo(props.own).map((value) => ({ value, words: roleName(value) }))}
            value={role()}
            hint={`${roleSentence(role())}.`}
            onChoice={(value) => setRole(rolesUpTo(props.own).find((one) => one === value) ?? 'member')}
          />
          <ChoiceField
            label="The link works for"
            choices={DAYS.map((value) => ({
              value: String(value),
              words: value === 1 ? '1 day' : `${value} days`,
            }))}
            value={String(days())}
            onChoice={(value) => setDays(DAYS.find((one) => String(one) === value) ?? 7)}
          />
          <FormProblem error={error()} except={['email']} />
        </form>
      </Dialog>
      <Show when={made()} keyed>
        {(one) => (
          <LinkDialog organization_id={props.organization.id} made={one} close={() => setMade(undefined)} />
        )}
      </Show>
    </>
  )
}
