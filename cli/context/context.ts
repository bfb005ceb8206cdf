import { APIError, RobotraceError } from '../../sdk/errors.ts'
import { type Command, type Given, PLACE_FLAGS, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import type { Column } from '../output/column.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem, writeList } from '../output/write.ts'
import { pagesOf } from '../pages.ts'
import { clean, done, warn } from '../print.ts'
import { profileFlag, savedProfile } from '../saved.ts'
import { chosenPlace, type Place, placeOf } from './place.ts'
import { clearContext, saveContext, savedContext } from './saved-context.ts'

export const context: Command = {
  name: 'context',
  summary: 'which organization and project commands are about, and what says so',
  examples: ['robotrace context', 'robotrace context set --org acme --project warehouse'],
  flags: [...PLACE_FLAGS, ...OUTPUT_FLAGS],
  run: showContext,
}

export const contextSet: Command = {
  name: 'context set',
  summary: 'save an organization and a project for this profile',
  examples: [
    'robotrace context set --org acme --project warehouse',
    'robotrace context set --project default',
  ],
  flags: PLACE_FLAGS,
  run: setContext,
}

export const contextList: Command = {
  name: 'context list',
  summary: 'the organizations and projects that this key can see',
  examples: ['robotrace context list', 'robotrace context list --output csv'],
  flags: [PROFILE_FLAG, ...OUTPUT_FLAGS],
  run: listContexts,
}

export const contextClear: Command = {
  name: 'context clear',
  summary: 'forget what was saved for this profile',
  examples: ['robotrace context clear', 'robotrace context clear --profile staging'],
  flags: [PROFILE_FLAG],
  run: async (host, given) => {
    const saved = savedProfile(host, given)
    const forgotten = await clearContext(host, saved)
    if (forgotten) done(host, `Forgot the context of profile '${saved.name}'.`)
    else warn(host, `No context was saved for profile '${saved.name}'.`)
    return EXIT.ok
  },
}

interface Shown {
  organization: string
  organization_source: string
  project: string
  project_source: string
  profile: string
  base_url: string
}

const SHOWN: readonly Column<Shown>[] = (
  ['organization', 'organization_source', 'project', 'project_source', 'profile', 'base_url'] as const
).map((name) => ({ name, value: (item) => item[name] }))

async function showContext(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  return connected(host, given, async (connection) => {
    const { organization, project } = await placeOf(host, given, connection)
    const { base_url, saved, variable } = connection
    const item = {
      organization: organization.value,
      organization_source: organization.source,
      project: project.value,
      project_source: project.source,
      profile: variable ?? saved.name,
      base_url,
    }
    const from = (source: string): string => (source === 'your key' ? 'of your key' : `from ${source}`)
    const facts: [string, string][] = [
      ['Organization', `${item.organization} (${from(item.organization_source)})`],
      ['Project', `${item.project} (${from(item.project_source)})`],
      ['Key', variable === undefined ? `profile ${saved.name}` : `from ${variable}`],
      ['Deployment', base_url],
    ]
    writeItem(host, format, { item, facts, columns: SHOWN, id: `${item.organization}/${item.project}` })
    return EXIT.ok
  })
}

async function setContext(host: Host, given: Given): Promise<number> {
  const saved = savedProfile(host, given)
  const [org, named] = [given.text('org'), given.text('project')]
  if (org === undefined && named === undefined) {
    throw new Failure('There is nothing to save.', {
      hint: '`robotrace context set --org acme --project warehouse`',
      status: EXIT.usage,
    })
  }
  const before = savedContext(host, saved)
  // Checks the names; what is stronger than a saved context does not belong into it.
  chosenPlace(host, given, saved)
  const choice = { organization: org ?? before?.organization, project: named ?? undefined }
  await check(host, given)
  const file = await saveContext(host, saved, choice)
  const where = [choice.organization, choice.project].filter(Boolean).join('/')
  done(host, `Saved ${where || 'it'} to ${file} (profile: ${saved.name}).`)
  const wins = chosenPlace(
    host,
    { ...given, text: (name) => (name === 'profile' ? given.text(name) : undefined) },
    saved,
  )
  for (const one of [wins.organization, wins.project]) {
    if (one && one.source !== file) warn(host, `${clean(one.source)} wins over it here.`)
  }
  return EXIT.ok
}

/** A slip of the finger is told at once; without a key or a network it is saved all the same. */
async function check(host: Host, given: Given): Promise<void> {
  try {
    await connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      await requireThere(connection.client(), place)
    })
  } catch (error) {
    if (error instanceof APIError || (error instanceof Failure && error.status === EXIT.failure)) throw error
    if (!(error instanceof Failure || error instanceof RobotraceError)) throw error
    warn(host, `Not checked: ${clean(error.message)}`)
  }
}

async function requireThere(
  client: { request: (method: 'GET', path: string) => Promise<object> },
  { organization, project }: Place,
): Promise<void> {
  const path = `/api/v1/organizations/${encodeURIComponent(organization.value)}`
  await client.request('GET', path)
  await client.request('GET', `${path}/projects/${encodeURIComponent(project.value)}`)
}

interface Listed {
  organization: string
  organization_name: string
  project: string
  project_name: string
  /** Whether commands act there now. */
  current: boolean
}

const LISTED: readonly Column<Listed>[] = [
  {
    name: 'current',
    heading: '',
    value: ({ current }) => current,
    shown: ({ current }) => (current ? '*' : ' '),
  },
  { name: 'organization', heading: 'ORGANIZATION', value: ({ organization }) => organization, elastic: true },
  { name: 'project', heading: 'PROJECT', value: ({ project }) => project, elastic: true },
  {
    name: 'organization_name',
    heading: 'NAME',
    value: (one) => one.organization_name,
    elastic: true,
    drop: 2,
  },
  { name: 'project_name', heading: 'PROJECT NAME', value: (one) => one.project_name, elastic: true, drop: 1 },
]

async function listContexts(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  return connected(host, given, async (connection) => {
    const current = await placeOf(host, given, connection).catch((error: unknown) => {
      if (error instanceof Failure) return undefined
      throw error
    })
    const id = ({ organization, project }: Listed): string => `${organization}/${project}`
    const items = placesOf(connection.client(), current)
    await writeList(host, format, { items, columns: LISTED, id, none: 'This key can see no organization.' })
    if (current === undefined)
      warn(host, `Choose one: robotrace context set --org <slug>${profileFlag(connection.saved.name)}`)
    return EXIT.ok
  })
}

interface Unit {
  id: string
  slug: string
  name: string
  archived_at?: string | null
}

async function* placesOf(
  client: Parameters<typeof pagesOf>[0],
  current: Place | undefined,
): AsyncGenerator<Listed, void, undefined> {
  const is = (named: { value: string } | undefined, { id, slug }: Unit): boolean =>
    named !== undefined && (named.value === slug || named.value === id)
  for await (const organization of pagesOf<Unit>(client, '/api/v1/organizations')) {
    const path = `/api/v1/organizations/${encodeURIComponent(organization.id)}/projects`
    for await (const project of pagesOf<Unit>(client, path)) {
      if (project.archived_at) continue
      yield {
        organization: organization.slug,
        organization_name: organization.name,
        project: project.slug,
        project_name: project.name,
        current: is(current?.organization, organization) && is(current?.project, project),
      }
    }
  }
}
