import { type JSX, Show } from 'solid-js'
import { type ApiToken, api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { count } from '../ui/format.ts'
import { FormProblem } from '../ui/problem.tsx'
import { createSubmission } from '../ui/submission.ts'
import { Time } from '../ui/time.tsx'
import { toast } from '../ui/toast.tsx'
import { shortId } from './token-table.tsx'

/** Asks before one token ends. */
export function RevokeToken(props: { token: ApiToken | undefined; close: () => void }): JSX.Element {
  return (
    <Show when={props.token} keyed>
      {(token) => <RevokeOne token={token} close={props.close} />}
    </Show>
  )
}

function RevokeOne(props: { token: ApiToken; close: () => void }): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    await api.apiTokens.revoke.mutate({ id: props.token.id })
    await queryClient.invalidateQueries({ queryKey: ['api-tokens'] })
    toast({ title: 'Token revoked', detail: `${shortId(props.token.id)} stopped working.` })
    props.close()
  })
  return (
    <Dialog
      open
      onClose={props.close}
      title={`Revoke ${shortId(props.token.id)}?`}
      description={
        <>
          Whatever uses this token is refused from its next request on, and this cannot be undone.{' '}
          <Show when={props.token.last_used_at} fallback="It was never used.">
            {(at) => (
              <>
                It was used last <Time at={at()} />.
              </>
            )}
          </Show>
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Revoke token
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}

/** Asks before all of them end. */
export function RevokeAllTokens(props: {
  open: boolean
  tokens: ApiToken[]
  close: () => void
}): JSX.Element {
  const { error, busy, submit } = createSubmission(async () => {
    const { revoked } = await api.apiTokens.revokeAll.mutate()
    await queryClient.invalidateQueries({ queryKey: ['api-tokens'] })
    toast({ title: 'Tokens revoked', detail: `${count(revoked, 'token')} stopped working.` })
    props.close()
  })
  const used = (): number => props.tokens.filter((token) => token.last_used_at !== null).length
  return (
    <Dialog
      open={props.open}
      onClose={props.close}
      title="Revoke all of your API tokens?"
      description={
        <>
          {count(props.tokens.length, 'active token')}, {used() === 0 ? 'none' : used()} of them ever used.
          Whatever uses one is refused from its next request on, and this cannot be undone. API keys and
          sessions go on working.
        </>
      }
      footer={
        <>
          <Button onClick={props.close}>Cancel</Button>
          <Button variant="danger" busy={busy()} onClick={submit}>
            Revoke all
          </Button>
        </>
      }
    >
      <FormProblem error={error()} />
    </Dialog>
  )
}
