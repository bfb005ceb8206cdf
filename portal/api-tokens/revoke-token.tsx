import { type JSX, Show } from 'solid-js'
import { type ApiToken, api } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { AskDialog } from '../ui/ask-dialog.tsx'
import { count } from '../ui/format.ts'
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
  const act = async (): Promise<void> => {
    await api.apiTokens.revoke.mutate({ id: props.token.id })
    await queryClient.invalidateQueries({ queryKey: ['api-tokens'] })
    toast({ title: 'Token revoked', detail: `${shortId(props.token.id)} stopped working.` })
  }
  return (
    <AskDialog
      open
      close={props.close}
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
      verb="Revoke token"
      act={act}
    />
  )
}

/** Asks before all of them end. */
export function RevokeAllTokens(props: {
  open: boolean
  tokens: ApiToken[]
  close: () => void
}): JSX.Element {
  const act = async (): Promise<void> => {
    const { revoked } = await api.apiTokens.revokeAll.mutate()
    await queryClient.invalidateQueries({ queryKey: ['api-tokens'] })
    toast({ title: 'Tokens revoked', detail: `${count(revoked, 'token')} stopped working.` })
  }
  const used = (): number => props.tokens.filter((token) => token.last_used_at !== null).length
  return (
    <AskDialog
      open={props.open}
      close={props.close}
      title="Revoke all of your API tokens?"
      description={
        <>
          {count(props.tokens.length, 'active token')}, {used() === 0 ? 'none' : used()} of them ever used.
          Whatever uses one is refused from its next request on, and this cannot be undone. API keys and
          sessions go on working.
        </>
      }
      verb="Revoke all"
      act={act}
    />
  )
}
