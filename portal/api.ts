/**
 * The portal's only line to the server: a typed tRPC client. Of the server it knows types alone.
 */
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import type { ArtifactKind, EpisodeDetail, EpisodePage, EpisodeSource, EpisodeStatus, ProblemBody } from '../sdk/wire.ts'

export type { Artifact, ArtifactKind, EpisodeDetail, EpisodeSource, EpisodeStatus, EpisodeSummary, Json, Metadata } from '../sdk/wire.ts'

interface Query<I, O> {
  query: (input: I) => Promise<O>
}
interface Mutation<I, O> {
  mutate: (input: I) => Promise<O>
}
export interface Account {
  id: string
  email: string
  name: string
  staff: boolean
}
export interface Organization {
  id: string
  slug: string
  name: string
  role: 'owner' | 'admin' | 'member' | 'viewer'
}
export interface Me {
  account: Account
  organizations: Organization[]
  public_url: string
}
export interface SessionRow {
  id: string
  current: boolean
  created_at: string
  last_seen_at: string
  ip: string
  user_agent: string
}
export interface ApiKey {
  id: string
  prefix: string
  label: string
  created_at: string
  created_by: { id: string; name: string; email: string }
  last_used_at: string | null
  revoked_at: string | null
}
export interface ClientRow {
  id: string
  slug: string
  name: string
  created_at: string
  member_count: number
  live_key_count: number
  last_used_at: string | null
}
export interface ClientDetail {
  id: string
  slug: string
  name: string
  created_at: string
  members: { account_id: string; name: string; email: string; role: Organization['role']; created_at: string }[]
  projects: { id: string; slug: string; name: string; created_at: string }[]
}
export interface EpisodeList {
  organization_id: string
  status?: EpisodeStatus
  source?: EpisodeSource
  robot?: string
  policy_version?: string
  since?: string
  until?: string
  archived?: boolean
  limit?: number
  cursor?: string
}
export type Episode = EpisodeDetail & { organization: { id: string; slug: string; name: string }; can_archive: boolean }
interface Api {
  auth: {
    me: Query<void, Me | null>
    signIn: Mutation<{ email: string; password: string }, { account: Account }>
    signOut: Mutation<void, unknown>
    signOutEverywhere: Mutation<void, unknown>
    changePassword: Mutation<{ current_password: string; new_password: string }, { sessions_ended: number }>
    sessions: Query<void, SessionRow[]>
  }
  setup: {
    status: Query<void, { needed: boolean }>
    complete: Mutation<{ token: string; email: string; name: string; password: string; organization_name: string }, { account: Account }>
  }
  episodes: {
    list: Query<EpisodeList, EpisodePage>
    get: Query<{ id: string }, Episode>
    archive: Mutation<{ id: string }, EpisodeDetail>
    restore: Mutation<{ id: string }, EpisodeDetail>
  }
  apiKeys: {
    list: Query<{ organization_id: string }, ApiKey[]>
    mint: Mutation<{ organization_id: string; label: string }, { key: string; api_key: ApiKey }>
    revoke: Mutation<{ id: string }, ApiKey>
  }
  clients: {
    list: Query<void, ClientRow[]>
    get: Query<{ id: string }, ClientDetail>
    create: Mutation<{ name: string; slug?: string }, { id: string }>
  }
}

// biome-ignore lint/suspicious/noExplicitAny: until the router's type exists
export const api = createTRPCClient<any>({ links: [httpBatchLink({ url: '/trpc' })] }) as unknown as Api

/** The address of an artifact, usable as a media source with the session's cookie. */
export function artifactUrl(episode_id: string, kind: ArtifactKind): string {
  return `/api/episodes/${encodeURIComponent(episode_id)}/artifact/${kind}`
}

export type Problem = Pick<ProblemBody, 'title' | 'detail' | 'code' | 'status' | 'errors' | 'retry_after'> & { request_id?: string }

/** Any thrown thing as a problem with a sentence that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof TRPCClientError) {
    const problem: unknown = error.data?.problem
    if (isProblem(problem)) return problem
    return {
      title: 'The server cannot be reached',
      detail: 'No answer came from the server. Check the connection, then try again.',
      code: 'unreachable',
      status: 0,
    }
  }
  return {
    title: 'This page stopped working',
    detail: error instanceof Error ? error.message : 'Something unexpected happened.',
    code: 'portal',
    status: 0,
  }
}

/** The sentence about one field of a refused form, if the server named it. */
export function fieldError(error: unknown, path: string): string | undefined {
  if (!error) return undefined
  return problemOf(error).errors?.find((one) => one.path === path)?.message
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && 'code' in value
}
