import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, type JSX, Match, Show, Switch } from 'solid-js'
import { api, type Invitation } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { ahead } from '../ui/format.ts'
import { Section } from '../ui/page.tsx'
import { FormProblem, toastProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import table from '../ui/table.module.css'
import { TableFrame } from '../ui/table.tsx'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { LinkDialog, type MadeLink } from './link-dialog.tsx'
import { invitationsQuery, type Role, roleName, rolesUpTo } from './member-queries.ts'

import css from './members.module.css'

/** Invitations that nobody has accepted yet; nothing when there are none. */
export function InvitationList(props: { organization_id: string; own: Role }): JSX.Element {
  const invitations = useQuery(() => invitationsQuery(props.organization_id))
  const [made, setMade] = createSignal<MadeLink>()
  return (
    <>
      <Show when={invitations.isError && !invitations.isSuccess}>
        <FormProblem error={invitations.error} />
      </Show>
      <Show when={invitations.isSuccess && invitations.data.length > 0 && invitations.data}>
        {(all) => (
          <Section title="Pending invitations" note="Each link works once, for its address only.">
            <TableFrame label="Pending invitations table">
              <table class={`${table.table} ${css.invitations}`} role="table">
                <thead>
                  <tr>
                    <th>E-mail</th>
                    <th>Role</th>
                    <th>Invited by</th>
                    <th>Link</th>
                    <th>Mail</th>
                    <th class={table.end}>
                      <span class="visually-hidden">Actions</span>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  <For each={all()}>
                    {(one) => (
                      <InvitationLine
                        invitation={one}
                        organization_id={props.organization_id}
                        mayRenew={rolesUpTo(props.own).includes(one.role)}
                        show={setMade}
                      />
                    )}
                  </For>
                </tbody>
              </table>
            </TableFrame>
          </Section>
        )}
      </Show>
      <Show when={made()} keyed>
        {(one) => (
          <LinkDialog organization_id={props.organization_id} made={one} close={() => setMade(undefined)} />
        )}
      </Show>
    </>
  )
}

function InvitationLine(props: {
  invitation: Invitation
  organization_id: string
  mayRenew: boolean
  show: (made: MadeLink) => void
}): JSX.Element {
  const refresh = () =>
    queryClient.invalidateQueries({ queryKey: invitationsQuery(props.organization_id).queryKey })
  const renew = createSubmission(async () => {
    const { id, email } = props.invitation
    const { link } = await api.invitations.renew.mutate({ id }).catch(tell('Could not make the link again'))
    props.show({ id, email, link })
    await refresh()
  })
  const revoke = createSubmission(async () => {
    const { id, email } = props.invitation
    await api.invitations.revoke.mutate({ id }).catch(tell('Could not revoke the invitation'))
    toast({ title: 'Invitation revoked', detail: `The link for ${email} does not work any more.` })
    await refresh()
  })
  return (
    <tr role="row" data-row>
      <td role="cell" class={`${table.wrapText} ${css.who}`}>
        {props.invitation.email}
      </td>
      <td role="cell" class={css.role}>
        {roleName(props.invitation.role)}
      </td>
      <td role="cell" class={css.by}>
        <bdi>{props.invitation.invited_by.name}</bdi>
      </td>
      <td role="cell" class={css.link}>
        <LinkStatus of={props.invitation} />
      </td>
      <td role="cell" class={css.sent}>
        <MailStatus mail={props.invitation.mail} />
      </td>
      <td role="cell" class={`${table.end} ${css.end}`}>
        <span class={css.buttons}>
          <Show when={props.mayRenew}>
            <Button
              size="sm"
              variant="ghost"
              busy={renew.busy()}
              aria-label={`New link for ${props.invitation.email}`}
              onClick={renew.submit}
            >
              New link
            </Button>
          </Show>
          <Button
            size="sm"
            variant="ghost"
            busy={revoke.busy()}
            aria-label={`Revoke the invitation of ${props.invitation.email}`}
            onClick={revoke.submit}
          >
            Revoke
          </Button>
        </span>
      </td>
    </tr>
  )
}

function LinkStatus(props: { of: Invitation }): JSX.Element {
  return (
    <Switch>
      <Match when={props.of.status === 'open'}>
        <span>
          Expires <Time at={props.of.expires_at} words={ahead} />
        </span>
      </Match>
      <Match when={props.of.status === 'expired'}>
        <Badge tone="neutral">
          Expired <Time at={props.of.expires_at} />
        </Badge>
      </Match>
      <Match when={props.of.status === 'void'}>
        <span title="Whoever invited may not give this role any more. Make a new link.">
          <Badge tone="attention">Not valid</Badge>
        </span>
      </Match>
    </Switch>
  )
}

function MailStatus(props: { mail: Invitation['mail'] }): JSX.Element {
  return (
    <Switch fallback={<span class={table.dim}>Not sent</span>}>
      <Match when={props.mail === 'sent'}>
        <Badge tone="ready">Sent</Badge>
      </Match>
      <Match when={props.mail === 'sending'}>
        <Badge tone="recording">Sending</Badge>
      </Match>
      <Match when={props.mail === 'failed'}>
        <Badge tone="failed">Could not be sent</Badge>
      </Match>
    </Switch>
  )
}

/** A row has no room for a refusal: it is told in the corner, and still counts as one. */
function tell(title: string): (error: unknown) => never {
  return (error) => {
    toastProblem(title, error)
    throw error
  }
}
