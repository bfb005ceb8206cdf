/** How the address bar says "all projects": no slug has a star. */
export const ALL_PROJECTS = '*'

const LAST_ORGANIZATION = 'robotrace.org'
const lastProjectOf = (org: string) => `robotrace.project.${org}`

/** The slug of the organization that was chosen last in this browser. */
export function lastOrganization(): string | null {
  return read(LAST_ORGANIZATION)
}

/** The slug of the project that was chosen last in an organization, or `*`. */
export function lastProject(org: string): string | null {
  return read(lastProjectOf(org))
}

/** Keeps the choice for the next visit. */
export function rememberPlace(org: string, project?: string): void {
  write(LAST_ORGANIZATION, org)
  if (project !== undefined) write(lastProjectOf(org), project)
}

/**
 * A portal path with these members in its query; what it says already stays.
 *
 * @example withPlace('/portal/devices?type=arm', { project: 'warehouse' }) // '/portal/devices?type=arm&project=warehouse'
 */
export function withPlace(path: string, place: Record<string, string | undefined>): string {
  const [, pathname = '', query = '', hash = ''] = /^([^?#]*)(?:\?([^#]*))?(#.*)?$/.exec(path) ?? []
  const search = new URLSearchParams(query)
  for (const [name, value] of Object.entries(place)) {
    if (value !== undefined && !search.has(name)) search.append(name, value)
  }
  const text = search.toString()
  return `${pathname}${text && '?'}${text}${hash}`
}

/** The list that the page of one thing belongs to; any other page is its own. */
export function sectionOf(pathname: string): string {
  return /^\/portal\/(?:episodes|devices)(?=\/)/.exec(pathname)?.[0] ?? pathname
}

function read(name: string): string | null {
  try {
    return localStorage.getItem(name)
  } catch {
    return null
  }
}

function write(name: string, value: string): void {
  try {
    localStorage.setItem(name, value)
  } catch {
    // Storage may be forbidden; the address bar still knows.
  }
}
