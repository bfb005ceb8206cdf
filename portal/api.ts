/**
 * The portal's only line to the server: a typed tRPC client. Of the server it knows types alone.
 */
import { createTRPCClient, httpBatchLink, TRPCClientError } from '@trpc/client'
import type { inferRouterOutputs } from '@trpc/server'
import type { ArtifactKind, ProblemBody } from '../sdk/wire.ts'
import type { AppRouter } from '../server/trpc.ts'
import { repeatLink } from './accounts/repeat-link.ts'

export type { Artifact, ArtifactKind, EpisodeSource, EpisodeStatus, Json, Metadata } from '../sdk/wire.ts'

type Answers = inferRouterOutputs<AppRouter>

/** Who is signed in, and where they belong. */
export type Me = NonNullable<Answers['auth']['me']>
export type Organization = Me['organizations'][number]
/** A project of it, as the switcher names it. */
export type Project = Organization['projects'][number]
/** The settings of an organization, and what it requires of its people. */
export type OrganizationProfile = Answers['organization']['get']
export type ProjectRow = Answers['organization']['projects'][number]
export type SecondFactorPolicy = Answers['organization']['secondFactor']
export type SessionRow = Answers['auth']['sessions'][number]
/** What one has beside the password. */
export type Factors = Answers['auth']['factors']
export type SecondStep = Extract<Answers['auth']['signIn'], { second_factor: unknown }>['second_factor']
export type ConfirmQuestion = Answers['auth']['askToConfirm']
export type PasskeyQuestion = NonNullable<ConfirmQuestion['passkey']>
export type NewPasskeyQuestion = Answers['auth']['startPasskey']
export type TotpSetup = Answers['auth']['startTotp']
export type ApiKey = Answers['apiKeys']['list'][number]
/** What an organization asks of its keys. */
export type KeyPolicy = Answers['keyPolicy']['get']
/** One of one's own API tokens, without its text. */
export type ApiToken = Answers['apiTokens']['list'][number]
export type Member = Answers['members']['list'][number]
/** What another role or a removal stops, by name. */
export type Consequences = Answers['members']['consequences']
export type Invitation = Answers['invitations']['list'][number]
export type InvitationView = Answers['invitation']['view']
export type Identity = Answers['provider']['identities'][number]
export type SshKey = Answers['sshKeys']['list'][number]
/** As a list shows it. */
export type Device = Answers['fleet']['list']['items'][number]
export type DeviceDetail = Answers['fleet']['get']
/** An SSH key beside a device. */
export type DoorKey = Answers['fleet']['doorKeys']['selected'][number]
/** A receiver of an organization's events, without its secret. */
export type Webhook = Answers['webhooks']['list']['items'][number]
export type WebhookDelivery = Answers['webhooks']['deliveries']['items'][number]
export type ClientRow = Answers['clients']['list'][number]
export type ClientDetail = Answers['clients']['get']

/** What an organization stores, may store, and gets rid of. */
export type Storage = Answers['storage']['get']
export type RetentionRule = Answers['storage']['rules'][number]
/** Which episodes a retention rule names. */
export type RuleText = Pick<RetentionRule, 'project' | 'status' | 'source' | 'keep_tag' | 'days'>
export type RulePreview = Answers['storage']['previewRule']
/** An episode that waits to be deleted. */
export type TrashedEpisode = Answers['episodes']['trashed']['items'][number]

/** A device login as its page shows it. */
export type LoginView = Answers['deviceLogin']['view']
/** How terminals may log in to an organization. */
export type TerminalPolicy = Answers['deviceLogin']['policy']
export type AuditEvent = Answers['audit']['list']['items'][number]
export type Notice = Answers['notices']['list'][number]

export type EpisodeSummary = Answers['episodes']['list']['items'][number]
/** An episode as its page shows it: with its organization, and without the JSON number of its seed. */
export type Episode = Answers['episodes']['get']

export const api = createTRPCClient<AppRouter>({
  links: [repeatLink, httpBatchLink({ url: '/trpc', maxItems: 10 })],
})

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
