import type { EpisodeDetail, EpisodeSummary, TrashedEpisode } from '../../sdk/wire.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Column } from '../output/column.ts'
import { ago, ahead, duration, size } from '../words.ts'

/** @param now for the relative times of a table */
export function episodeColumns(now: number): readonly Column<EpisodeSummary>[] {
  const look = { ready: 'good', failed: 'bad', recording: undefined, interrupted: 'bad' } as const
  return [
    { name: 'id', heading: 'ID', value: ({ id }) => id },
    { name: 'name', heading: 'NAME', value: ({ name }) => name, elastic: true },
    { name: 'status', heading: 'STATUS', value: ({ status }) => status, look: ({ status }) => look[status] },
    { name: 'source', value: ({ source }) => source },
    { name: 'robot', heading: 'ROBOT', value: ({ robot }) => robot, elastic: true, drop: 2 },
    { name: 'policy_version', heading: 'POLICY', value: (one) => one.policy_version, elastic: true, drop: 3 },
    { name: 'env_version', value: (one) => one.env_version },
    { name: 'git_sha', value: (one) => one.git_sha },
    { name: 'seed', value: (one) => one.seed_text },
    {
      name: 'duration_s',
      heading: 'LENGTH',
      value: (one) => one.duration_s,
      shown: ({ duration_s }) => (duration_s === null ? '' : duration(duration_s)),
      right: true,
      drop: 4,
    },
    { name: 'failure_time_s', value: (one) => one.failure_time_s },
    {
      name: 'bytes_total',
      heading: 'SIZE',
      value: (one) => one.bytes_total,
      shown: ({ bytes_total }) => size(bytes_total),
      right: true,
      drop: 5,
    },
    {
      name: 'created_at',
      heading: 'STARTED',
      value: (one) => one.created_at,
      shown: (one) => ago(one.created_at, now),
      drop: 1,
    },
    { name: 'finalized_at', value: (one) => one.finalized_at },
    { name: 'portal_url', value: (one) => one.portal_url },
  ]
}

/** What a table of the trash has no room for. */
const NOT_OF_TRASH = ['policy_version', 'duration_s', 'created_at']

/** Of what is in the trash: also when it went there, and when it goes for good. */
export function trashColumns(now: number): readonly Column<TrashedEpisode>[] {
  const known = episodeColumns(now).map(({ heading, ...column }) =>
    heading === undefined || NOT_OF_TRASH.includes(column.name) ? column : { ...column, heading },
  )
  return [
    ...known,
    {
      name: 'trashed_at',
      heading: 'DELETED',
      value: (one) => one.trashed_at,
      shown: (one) => ago(one.trashed_at, now),
      drop: 1,
    },
    {
      name: 'goes_at',
      heading: 'GOES',
      value: (one) => one.goes_at,
      // Whose time is over goes with the next sweep.
      shown: (one) => (Date.parse(one.goes_at) > now ? ahead(one.goes_at, now) : 'any moment'),
    },
  ]
}

/** What an episode is, for people. */
export function episodeFacts(one: EpisodeDetail, now: number): [label: string, value: string][] {
  const facts: [string, string | null][] = [
    ['Episode', one.id],
    ['Name', one.name],
    ['Status', statusOf(one)],
    ['Source', one.source],
    ['Robot', one.robot],
    ['Trash', one.trashed_at && `since ${one.trashed_at} (${ago(one.trashed_at, now)})`],
    ['Started', `${one.created_at} (${ago(one.created_at, now)})`],
    ['Length', one.duration_s === null ? null : duration(one.duration_s)],
    ['Frame rate', one.fps === null ? null : `${one.fps} fps`],
    ['Policy', one.policy_version],
    ['Environment', one.env_version],
    ['Commit', one.git_sha],
    ['Seed', one.seed_text],
    ...one.artifacts.map(({ kind, size_bytes, sha256 }): [string, string] => [
      labelOf(kind),
      `${size(size_bytes)}, sha256 ${sha256}`,
    ]),
    ['Metadata', Object.keys(one.metadata).length === 0 ? null : JSON.stringify(one.metadata)],
    ['Page', one.portal_url],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== null)
}

function statusOf({ status, failure_time_s, metadata }: EpisodeDetail): string {
  if (status !== 'failed') return status
  const at = failure_time_s === null ? '' : ` at ${duration(failure_time_s)}`
  const reason = metadata.failure_reason
  return `failed${at}${typeof reason === 'string' ? `: ${reason}` : ''}`
}

function labelOf(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1)
}

/**
 * The episode that is meant: its id, or the address of its page as people copy it.
 *
 * @throws Failure for what can be neither
 */
export function episodeId(text: string | undefined): string {
  const id = /(?:^|\/)(ep_[0-9A-Za-z]{1,60})(?:[/?#]|$)/.exec(text ?? '')?.[1]
  if (id) return id
  throw new Failure('An episode is named by its id, or by the address of its page.', {
    hint: '`robotrace episode list`',
    status: EXIT.usage,
  })
}
