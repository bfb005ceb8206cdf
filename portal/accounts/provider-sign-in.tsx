import { useSearchParams } from '@solidjs/router'
import { queryOptions, useQuery } from '@tanstack/solid-query'
import CircleAlert from 'lucide-solid/icons/circle-alert'
import { type JSX, Show } from 'solid-js'
import { api } from '../api.ts'
import { buttonClass } from '../ui/button.tsx'
import problem from '../ui/problem.module.css'
import css from './provider-sign-in.module.css'
import { providerWords } from './provider-words.ts'

/** The provider people may sign in with; null when there is none. */
export const providerQuery = queryOptions({
  queryKey: ['provider'],
  queryFn: () => api.provider.status.query(),
  staleTime: Number.POSITIVE_INFINITY,
})

/** The button that goes to the provider, below a form; nothing where there is no provider. */
export function ProviderSignIn(): JSX.Element {
  const [search] = useSearchParams<{ next?: string }>()
  const provider = useQuery(() => providerQuery)
  // Back to where somebody wanted to go, or to the page that asked them to sign in.
  const next = () => {
    if (location.pathname !== '/login') return location.pathname
    return typeof search.next === 'string' ? search.next : ''
  }
  const href = () => `/auth/oidc/start${next() ? `?next=${encodeURIComponent(next())}` : ''}`
  return (
    <Show when={provider.isSuccess && provider.data}>
      {(found) => (
        <div class={css.provider}>
          <p class={css.or}>or</p>
          {/* Leaves the portal: the router must not take it for one of its pages. */}
          <a class={`${buttonClass()} ${css.button}`} href={href()} rel="external">
            Continue with {found().name}
          </a>
        </div>
      )}
    </Show>
  )
}

/** Why the provider's word did not sign in, when the address says so. */
export function ProviderProblem(): JSX.Element {
  const [search] = useSearchParams<{ provider?: string }>()
  const provider = useQuery(() => providerQuery)
  const words = () =>
    typeof search.provider === 'string' && provider.isSuccess && provider.data
      ? providerWords(search.provider, provider.data.name)
      : undefined
  return (
    <Show when={words()}>
      {(sentence) => (
        <div class={problem.inline} role="alert">
          <CircleAlert size={15} aria-hidden="true" />
          <p>{sentence()}</p>
        </div>
      )}
    </Show>
  )
}
