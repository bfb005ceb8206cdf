import { queryOptions, useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, type JSX, Match, Show, Switch } from 'solid-js'
import { type ApiToken, api } from '../api.ts'
import { Button } from '../ui/button.tsx'
import { PageHead, useTitle } from '../ui/page.tsx'
import { PageProblem } from '../ui/problem.tsx'
import { useNow } from '../ui/time.tsx'
import { FirstToken } from './first-token.tsx'
import { MakeToken } from './make-token.tsx'
import { RevokeAllTokens, RevokeToken } from './revoke-token.tsx'
import { TokenPanel } from './token-panel.tsx'
import { TokenTable } from './token-table.tsx'

/** One's own tokens, without their texts. Looked at again now and then: "last used" is news. */
export const apiTokensQuery = queryOptions({
  queryKey: ['api-tokens'],
  queryFn: () => api.apiTokens.list.query(),
  refetchInterval: 15_000,
  reconcile: 'id',
})

/** `/portal/tokens`: which tokens work, the text of one, and the means to make and to end them. */
export function ApiTokensPage(): JSX.Element {
  useTitle(() => 'API tokens')
  const tokens = useQuery(() => apiTokensQuery)
  const now = useNow()
  const [chosen, choose] = createSignal<string>()
  const [ending, setEnding] = createSignal<ApiToken>()
  const [endingAll, setEndingAll] = createSignal(false)
  const isLive = (token: ApiToken): boolean => Date.parse(token.expires_at) > now()
  const listed = createMemo(() => (tokens.isSuccess ? tokens.data : []))
  const live = createMemo(() => listed().filter(isLive))
  // By its id, so that reading the list again does not sign the text again.
  const shown = createMemo(() => live().find(({ id }) => id === chosen())?.id)
  return (
    <>
      <PageHead
        title="API tokens"
        note={
          <>
            A token acts as you, in every organization you belong to, until it expires or you revoke it.
            Programs send it instead of a password; the{' '}
            <a href="/docs/api" rel="external">
              API reference
            </a>{' '}
            says where to.
          </>
        }
      >
        <Show when={live().length > 0}>
          <Button onClick={() => setEndingAll(true)}>Revoke all</Button>
        </Show>
      </PageHead>
      <Switch>
        <Match when={tokens.isError && !tokens.isSuccess}>
          <PageProblem error={tokens.error} retry={() => tokens.refetch()} />
        </Match>
        <Match when={tokens.isSuccess && listed().length === 0}>
          <FirstToken />
        </Match>
        <Match when={true}>
          <TokenTable
            tokens={listed()}
            loading={!tokens.isSuccess}
            isLive={isLive}
            chosen={shown()}
            choose={(id) => choose(id === shown() ? undefined : id)}
            revoke={setEnding}
          />
        </Match>
      </Switch>
      <Show when={shown()} keyed>
        {(id) => <TokenPanel id={id} close={() => choose(undefined)} />}
      </Show>
      <MakeToken onMade={choose} />
      <RevokeToken token={ending()} close={() => setEnding(undefined)} />
      <RevokeAllTokens open={endingAll()} tokens={live()} close={() => setEndingAll(false)} />
    </>
  )
}
