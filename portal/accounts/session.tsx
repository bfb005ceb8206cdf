import { useLocation, useNavigate, useSearchParams } from '@solidjs/router'
import { queryOptions } from '@tanstack/solid-query'
import { createContext, createMemo, type JSX, useContext } from 'solid-js'
import { api, type Me, type Organization, type Project } from '../api.ts'
import { ALL_PROJECTS, lastOrganization, lastProject, rememberPlace, sectionOf, withPlace } from './place.ts'

/** Who is signed in; null when nobody is. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => api.auth.me.query(),
  staleTime: 30_000,
})

/** What a page asks the server about: slugs. */
export interface ChosenPlace {
  org: string
  /** Null: all projects of the organization. */
  project: string | null
}

export interface Session {
  me: () => Me
  /** The organization chosen by `?org=`, else the one used last, else the first. */
  organization: () => Organization | undefined
  /**
   * The project chosen by `?project=`, else the one used last in this organization, else all of them; the only one
   * where there is one. Null: all projects.
   */
  project: () => Project | null
  /** Where something new goes: the chosen project, else `default`. */
  home: () => Project | undefined
  /** Both, as the server takes them; undefined for somebody who belongs to no organization. */
  place: () => ChosenPlace | undefined
  /** A portal path that keeps the organization and the project when there are several. */
  href: (path: string) => string
  /** Looks at another organization, at the project used last there. From a thing's own page one comes to its list. */
  choose: (organization: Organization) => void
  /** Looks at another project of the organization; null: at all of them. */
  chooseProject: (project: Pick<Project, 'slug'> | null) => void
}

const SessionContext = createContext<Session>()

/** Gives the signed-in person, the chosen organization and the chosen project to everything below. */
export function SessionProvider(props: { me: Me; children: JSX.Element }): JSX.Element {
  const [search, setSearch] = useSearchParams<{ org?: string; project?: string }>()
  const location = useLocation()
  const navigate = useNavigate()
  const organization = createMemo(() => {
    const all = props.me.organizations
    return find(all, search.org) ?? find(all, lastOrganization()) ?? all[0]
  })
  const project = createMemo(() => {
    const chosen = organization()
    return chosen ? projectOf(chosen, search.project) : null
  })
  const asked = (org: string, slug: string | undefined): Record<string, string | undefined> => ({
    org: props.me.organizations.length > 1 ? org : undefined,
    project: slug,
  })
  const chosenPlace = (): ChosenPlace | undefined => {
    const chosen = organization()
    return chosen && { org: chosen.slug, project: project()?.slug ?? null }
  }
  const session: Session = {
    me: () => props.me,
    organization,
    project,
    home: () => project() ?? organization()?.projects[0],
    place: chosenPlace,
    href: (path) => {
      const chosen = organization()
      if (!chosen) return path
      const several = chosen.projects.length > 1
      return withPlace(path, asked(chosen.slug, several ? (project()?.slug ?? ALL_PROJECTS) : undefined))
    },
    choose: (chosen) => {
      rememberPlace(chosen.slug)
      // What the page was narrowed to belongs to the organization one leaves.
      navigate(withPlace(sectionOf(location.pathname), { org: chosen.slug }))
    },
    chooseProject: (chosen) => {
      const org = organization()?.slug
      if (org === undefined) return
      const slug = chosen?.slug ?? ALL_PROJECTS
      rememberPlace(org, slug)
      const section = sectionOf(location.pathname)
      if (section === location.pathname) setSearch({ project: slug })
      else navigate(withPlace(section, asked(org, slug)))
    },
  }
  return <SessionContext.Provider value={session}>{props.children}</SessionContext.Provider>
}

function projectOf(organization: Organization, named: string | undefined): Project | null {
  const { slug, projects } = organization
  if (projects.length === 1) return projects[0] ?? null
  if (named === ALL_PROJECTS) return null
  return find(projects, named) ?? find(projects, lastProject(slug)) ?? null
}

/** By slug, or by the id that a link from elsewhere may carry. */
function find<One extends { slug: string; id: string }>(
  all: One[],
  named: string | null | undefined,
): One | undefined {
  return all.find((one) => one.slug === named || one.id === named)
}

/** The session of the signed-in part of the portal. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession needs a SessionProvider above it')
  return session
}
