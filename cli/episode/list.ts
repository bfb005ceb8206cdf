import type { EpisodeStatus, EpisodeSummary, ListEpisodes, TrashedEpisode } from '../../sdk/wire.ts'
import { type Command, type Given, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { organizationPath, placeOf } from '../context/place.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { formatOf, LIMIT_FLAG, limitOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeList } from '../output/write.ts'
import { pagesOf } from '../pages.ts'
import { span } from '../words.ts'
import { episodeColumns, trashColumns } from './episode.ts'

const STATUSES = ['recording', 'interrupted', 'ready', 'failed'] as const
const SOURCES = ['real', 'sim', 'replay'] as const
const FILTERS = ['status', 'source', 'robot', 'policy-version', 'since', 'until']
const PAGE = 200

export const episodeList: Command = {
  name: 'episode list',
  summary: 'recorded runs, newest first',
  examples: [
    'robotrace episode list --status failed --since 24h --limit 20',
    'robotrace episode list --robot arm-7 --output csv > runs.csv',
  ],
  flags: [
    { name: 'status', value: 'status', choices: STATUSES, about: 'recording, interrupted, ready or failed' },
    { name: 'source', value: 'source', choices: SOURCES, about: 'real, sim or replay' },
    { name: 'robot', value: 'name', about: 'of this robot' },
    { name: 'policy-version', value: 'version', about: 'of this policy' },
    { name: 'since', value: 'when', about: 'from then on: a time, or a span such as 24h or 7d' },
    { name: 'until', value: 'when', about: 'before then' },
    { name: 'trash', about: 'what is in the trash instead, of all projects, and when it goes for good' },
    LIMIT_FLAG,
    ...PLACE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  run: async (host, given) => {
    const format = formatOf(host, given)
    const limit = limitOf(given)
    const filters = filtersOf(host, given)
    if (given.flag('trash')) refuseFilters(given)
    return connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const { organization, project } = place
      const client = connection.client({ organization: organization.value, project: project.value })
      if (given.flag('trash')) {
        const items = pagesOf<TrashedEpisode>(client, organizationPath(place, 'trash'), {}, limit)
        const none = 'The trash is empty.'
        await writeList(host, format, { items, columns: trashColumns(host.now()), id: ({ id }) => id, none })
        return EXIT.ok
      }
      const page = Math.min(PAGE, limit)
      const items = first(client.listEpisodes({ ...filters, limit: page }), limit)
      const none = 'No episodes. Log one: robotrace episode log --video run.mp4'
      await writeList(host, format, { items, columns: episodeColumns(host.now()), id: ({ id }) => id, none })
      return EXIT.ok
    })
  },
}

function filtersOf(host: Host, given: Given): ListEpisodes {
  return {
    status: oneOf(given, 'status', STATUSES),
    source: oneOf(given, 'source', SOURCES),
    robot: given.text('robot'),
    policy_version: given.text('policy-version'),
    since: timeOf(host, given, 'since'),
    until: timeOf(host, given, 'until'),
  }
}

/** The trash is one list of the whole organization. @throws Failure for a filter beside `--trash` */
function refuseFilters(given: Given): void {
  const name = [...FILTERS, 'project'].find((filter) => given.text(filter) !== undefined)
  if (name === undefined) return
  throw new Failure(`--trash shows all that is in the trash; --${name} does not go with it.`, {
    hint: '`robotrace episode list --trash --output csv`, and pick from it',
    status: EXIT.usage,
  })
}

/** @throws Failure for another value than those there are */
export function oneOf<Value extends string>(
  given: Given,
  name: string,
  values: readonly Value[],
): Value | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  const value = values.find((known) => known === text)
  if (value) return value
  throw new Failure(`--${name} must be one of ${values.join(', ')}.`, {
    hint: `\`--${name} ${values[0]}\``,
    status: EXIT.usage,
  })
}

function timeOf(host: Host, given: Given, name: string): string | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  const ago = span(text)
  const at = ago === undefined ? Date.parse(text) : host.now() - ago
  if (Number.isFinite(at)) return new Date(at).toISOString()
  throw new Failure(`--${name} takes a time, or a span such as 24h.`, {
    hint: `\`--${name} 24h\` or \`--${name} 2026-05-04T20:08:14Z\``,
    status: EXIT.usage,
  })
}

async function* first(
  episodes: AsyncIterable<EpisodeSummary>,
  limit: number,
): AsyncGenerator<EpisodeSummary, void, undefined> {
  let left = limit
  for await (const episode of episodes) {
    yield episode
    if (--left <= 0) return
  }
}

/** How an episode may be finalized. */
export const OUTCOMES = ['ready', 'failed'] as const satisfies readonly EpisodeStatus[]
export { SOURCES }
