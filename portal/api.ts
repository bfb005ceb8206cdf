/**
 * The portal's only line to the server: a typed tRPC client. Of the server it knows types alone.
 */
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import type { ArtifactKind, ProblemBody } from '../sdk/wire.ts'
import type { AppRouter } from '../server/trpc.ts'

export type { Artifact, ArtifactKind, EpisodeSource, EpisodeStatus, Json, Metadata } from '../sdk/wire.ts'

type Answers = inferRouterOutputs<AppRouter>

/** Who is signed in, and where they belong. */
export type Me = NonNullable<Answers['auth']['me']>
export type Organization = Me['organizations'][number]
export type SessionRow = Answers['auth']['sessions'][number]
export type ApiKey = Answers['apiKeys']['list'][number]
/** One of one's own API tokens, without its text. */
export type ApiToken = Answers['apiTokens']['list'][number]
export type ClientRow = Answers['clients']['list'][number]
export type ClientDetail = Answers['clients']['get']

/** A device login as its page shows it. */
export type LoginView = Answers['deviceLogin']['view']
/** How terminals may log in to an organization. */
export type TerminalPolicy = Answers['deviceLogin']['policy']
export type AuditEvent = Answers['audit']['list']['items'][number]
export type Notice = Answers['notices']['list'][number]

export type EpisodeSummary = Answers['episodes']['list']['items'][number]
/** An episode as its page shows it: with its organization, and without the JSON number of its seed. */
export type Episode = Answers['episodes']['get']

export const api = createTRPCClient<AppRouter>({ links: [httpBatchLink({ url: '/trpc' })] })

/** The address of an artifact, usable as a media source with the session's cookie. */
export function artifactUrl(episode_id: string, kind: ArtifactKind): string {
  return `/api/episodes/${encodeURIComponent(episode_id)}/artifact/${kind}`
}

export type Problem = Pick<ProblemBody, 'title' | 'detail' | 'code' | 'status' | 'errors' | 'retry_after'> & {
  request_id?: string
}

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

/** The sentence about one field of a refused form, or about something in it, if the server named it. */
export function fieldError(error: unknown, path: string): string | undefined {
  if (!error) return undefined
  return problemOf(error).errors?.find((one) => one.path === path || one.path.startsWith(`${path}.`))?.message
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && 'code' in value
}
