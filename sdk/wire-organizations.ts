/**
 * The bodies of organizations, their people and their projects. Types only, like the rest of the wire.
 *
 * @module
 */

/** What somebody may do in an organization, the most first. */
export type MemberRole = 'owner' | 'admin' | 'member' | 'viewer'

/** Query of every list here. */
export interface PageQuery {
  /** 1 unless said. */
  page?: number
  /** 20 unless said, at most 100. */
  page_size?: number
  /** Instead of `page`: `next_cursor` of the page before, unchanged. */
  cursor?: string
}

/** What surrounds the items of a page. */
export interface PageFacts {
  /** How many there are on all pages. */
  total: number
  /** The one that was asked for. With a cursor: null. */
  page: number | null
  /** At most so many items. */
  page_size: number
  /** Null on the last page. */
  next_cursor: string | null
}

/** An organization, as its people and keys see it. */
export interface OrganizationBody {
  /** UUID; elsewhere on the wire it is called `client_id`. */
  id: string
  /** Its name in addresses. */
  slug: string
  /** Its name for people. */
  name: string
  /** Of whoever asks; null for a key of the organization. */
  role: MemberRole | null
  /** Whether its people may do anything here only with a second factor. */
  second_factor_required: boolean
  /** ISO 8601, UTC. */
  created_at: string
}

/** Answer (200) of `GET /api/v1/organizations`. */
export interface OrganizationList extends PageFacts {
  /** By name. */
  items: OrganizationBody[]
}

/** Body of `PATCH /api/v1/organizations/{org}`. */
export interface EditOrganization {
  /** 1 to 80 characters. The slug stays. */
  name: string
}

/** Somebody in an organization. */
export interface MemberBody {
  /** `acc_…`. */
  account_id: string
  /** As they call themselves. */
  name: string
  /** Where they sign in with. */
  email: string
  /** What they may do. */
  role: MemberRole
  /** Whether they have an authenticator or a passkey. */
  second_factor: boolean
  /** ISO 8601, UTC: member since. */
  created_at: string
}

/** Answer (200) of `GET /api/v1/organizations/{org}/members`. */
export interface MemberList extends PageFacts {
  /** By name. */
  items: MemberBody[]
}

/** A part of an organization: episodes, devices and software live in one. */
export interface ProjectBody {
  /** `prj_…`. */
  id: string
  /** Its name in addresses. */
  slug: string
  /** Its name for people. */
  name: string
  /** Slug. */
  organization: string
  /** How many episodes it holds, archived ones left out. */
  episode_count: number
  /** How many devices it holds. */
  device_count: number
  /** ISO 8601, UTC. */
  created_at: string
  /** ISO 8601, UTC: since then it can only be read. */
  archived_at: string | null
}

/** Answer (200) of `GET /api/v1/organizations/{org}/projects`. */
export interface ProjectList extends PageFacts {
  /** By name. */
  items: ProjectBody[]
}

/** Body of `POST /api/v1/organizations/{org}/projects`. */
export interface CreateProject {
  /** 1 to 80 characters. */
  name: string
  /** Lower-case letters, digits and single hyphens; made from the name unless said. */
  slug?: string
}

/** Body of `PATCH /api/v1/organizations/{org}/projects/{project}`: what it names changes. */
export interface EditProject {
  /** 1 to 80 characters. The slug stays. */
  name?: string
  /** `true`: takes nothing new and can only be read, until it is restored with `false`. */
  archived?: boolean
}
