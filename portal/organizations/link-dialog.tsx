import { useQuery } from '@tanstack/solid-query'
import { type JSX, Match, Switch } from 'solid-js'
import { Badge } from '../ui/badge.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Secret } from '../ui/secret.tsx'
import { invitationsQuery } from './member-queries.ts'
import css from './members.module.css'

/** An invitation whose link has just been made. Kept in the page only, and gone with its dialog. */
export interface MadeLink {
  id: string
  email: string
  link: string
}

/** The link to hand over, and what became of the mail. */
export function LinkDialog(props: {
  organization_id: string
  made: MadeLink
  close: () => void
}): JSX.Element {
  return (
    <Dialog
      open
      wide
      onClose={props.close}
      title={`Invitation for ${props.made.email}`}
      description="Whoever opens this link as that address joins. It is shown here once; it can be made again at any time."
      footer={
        <Button variant="primary" onClick={props.close}>
          Done
        </Button>
      }
    >
      <div class={css.form}>
        <Secret text={props.made.link} what="invitation link" />
        <MailOutcome organization_id={props.organization_id} made={props.made} />
      </div>
    </Dialog>
  )
}

function MailOutcome(props: { organization_id: string; made: MadeLink }): JSX.Element {
  const invitations = useQuery(() => invitationsQuery(props.organization_id))
  const mail = () =>
    invitations.isSuccess ? invitations.data.find(({ id }) => id === props.made.id)?.mail : undefined
  return (
    <p class={css.mail} role="status">
      <Switch fallback={<span>Send it to them yourself.</span>}>
        <Match when={mail() === 'sent'}>
          <Badge tone="ready">Mail sent</Badge> <span>to {props.made.email}.</span>
        </Match>
        <Match when={mail() === 'sending'}>
          <Badge tone="recording">Sending</Badge> <span>a mail to {props.made.email}…</span>
        </Match>
        <Match when={mail() === 'failed'}>
          <Badge tone="failed">Could not be sent</Badge>{' '}
          <span>The mail server did not take the mail. Send this link yourself.</span>
        </Match>
      </Switch>
    </p>
  )
}
