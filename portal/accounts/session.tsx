import { useSearchParams } from '@solidjs/router'
import { queryOptions } from '@tanstack/solid-query'
import { createContext, createMemo, type JSX, useContext } from 'solid-js'
import { api, type Me, type Organization } from '../api.ts'

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => api.auth.me.query(),
  staleTime: 30_000,
})

export interface Session {
  me: () => Me
  /** The organization chosen by `?org=`, else the one used last, else the first. */
  organization: () => Organization | undefined
  /** A portal path that keeps the organization when there are several. */
  href: (path: string) => string
  /** Chooses the organization of the current page. */
  choose: (organization: Organization) => void
}

const SessionContext = createContext<Session>()
const LAST = 'robotrace.org'

/** Gives the signed-in person and the chosen organization to everything below. */
export function SessionProvider(props: { me: Me; children: JSX.Element }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ org?: string }>()
  const organization = createMemo(() => {
    const all = props.me.organizations
    const find = (slug: string | null | undefined) => all.find((one) => one.slug === slug)
    return find(search.org) ?? find(lastOrganization()) ?? all[0]
  })
  const session: Session = {
    me: () => props.me,
    organization,
    href: (path) => {
      const chosen = organization()
      if (!chosen || props.me.organizations.length < 2) return path
      return `${path}${path.includes('?') ? '&' : '?'}org=${encodeURIComponent(chosen.slug)}`
    },
    choose: (chosen) => {
      remember(chosen.slug)
      setSearch({ org: chosen.slug })
    },
  }
  return <SessionContext.Provider value={session}>{props.children}</SessionContext.Provider>
}

/** The session of the signed-in part of the portal. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}

/** The slug of the organization that was chosen last in this browser. */
export function lastOrganization(): string | null {
  try {
    return localStorage.getItem(LAST)
  } catch {
    return null
  }
}

function remember(slug: string): void {
  try {
    localStorage.setItem(LAST, slug)
  } catch {
    // Storage may be forbidden; the address bar still knows.
  }
}
