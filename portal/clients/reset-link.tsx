import { createSignal, type JSX, Show } from 'solid-js'
import { api, type ClientDetail } from '../api.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Secret } from '../ui/secret.tsx'

/** A link for somebody who forgot their password and cannot get the mail: staff hand it over. */
export function ResetLink(props: { member: ClientDetail['members'][number] }): JSX.Element {
  const [asking, setAsking] = createSignal(false)
  const [link, setLink] = createSignal<string>()
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        aria-label={`Make reset link for ${props.member.name}`}
        onClick={() => setAsking(true)}
      >
        Make reset link
      </Button>
      <AskDialog
        open={asking()}
        close={() => setAsking(false)}
        title={`Make a reset link for ${props.member.name}?`}
        description={
          <>
            Whoever opens it sets a new password of {props.member.email}, once, within 30 minutes: hand it to
            nobody else. Their second factor stays. They are told that you made it, and it stands in the audit
            trail.
          </>
        }
        verb="Make link"
        harmless
        act={async () => {
          const { account_id: id } = props.member
          setLink((await api.auth.makeResetLink.mutate({ id })).link)
        }}
      />
      <Show when={link()}>
        {(text) => (
          <Dialog
            open
            wide
            onClose={() => setLink(undefined)}
            title={`Reset link for ${props.member.name}`}
            description="It works once, for 30 minutes, and is shown here once."
            footer={
              <Button variant="primary" onClick={() => setLink(undefined)}>
                Done
              </Button>
            }
          >
            <Secret text={text()} what="reset link" />
          </Dialog>
        )}
      </Show>
    </>
  )
}
