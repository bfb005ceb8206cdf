import { isPlaceName } from '../../sdk/credentials.ts'
import type { WhoAmI } from '../../sdk/wire.ts'
import type { Given } from '../command.ts'
import type { Connection } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { clean } from '../print.ts'
import type { Saved } from '../saved.ts'
import { type Choice, folderChoice } from './folder-file.ts'
import { savedContext } from './saved-context.ts'

/** A slug or id, and what said so. */
export interface Named {
  value: string
  source: string
}

/** Where commands act. */
export interface Place {
  organization: Named
  project: Named
}

/** What flags, variables and files say of it; the rest is the key's. */
export interface Chosen {
  organization?: Named
  project?: Named
}

/**
 * What was chosen, strongest first: `--org` and `--project`, ROBOTRACE_ORG and ROBOTRACE_PROJECT, the nearest
 * `.robotrace.toml`, the saved context. A project that stands beside another organization than the one that was chosen
 * is not meant.
 *
 * @throws Failure for a name that can be none, and for a file that cannot be read
 */
export function chosenPlace(host: Host, given: Given, saved: Saved): Chosen {
  const choices = [
    ...fromFlags(given),
    ...fromVariables(host),
    ...[folderChoice(host), savedContext(host, saved)].filter((one) => one !== undefined),
  ]
  const by = choices.find((one) => one.organization !== undefined)
  const organization = by?.organization
  const within = choices.find(
    (one) => one.project !== undefined && (one.organization ?? organization) === organization,
  )
  return {
    ...(by && organization !== undefined && { organization: { value: organization, source: by.source } }),
    ...(within?.project !== undefined && { project: { value: within.project, source: within.source } }),
  }
}

function fromFlags(given: Given): Choice[] {
  return [
    { organization: nameFrom(given.text('org'), '--org'), project: undefined, source: '--org' },
    { organization: undefined, project: nameFrom(given.text('project'), '--project'), source: '--project' },
  ]
}

function fromVariables(host: Host): Choice[] {
  const [org, project] = [host.variable('ROBOTRACE_ORG'), host.variable('ROBOTRACE_PROJECT')]
  return [
    { organization: nameFrom(host.env(org), org), project: undefined, source: org },
    { organization: undefined, project: nameFrom(host.env(project), project), source: project },
  ]
}

function nameFrom(text: string | undefined, source: string): string | undefined {
  if (text === undefined || isPlaceName(text)) return text
  throw new Failure(`${source} must be a slug or an id.`, {
    hint: `\`${source.startsWith('--') ? `${source} ` : `${source}=`}acme\``,
    status: EXIT.usage,
  })
}

const OF_KEY = 'your key'

/**
 * Where a command acts: what was chosen, and what the key says where nothing was.
 *
 * @throws Failure when the key is good for another organization than the chosen one, or for several and none was chosen
 * @example const { organization, project } = await placeOf(host, given, connection)
 */
export async function placeOf(host: Host, given: Given, connection: Connection): Promise<Place> {
  const chosen = chosenPlace(host, given, connection.saved)
  const who = await connection.who()
  const organization = chosen.organization ?? organizationOf(who)
  if (who?.organization) requireSame(who.organization, organization)
  const project = chosen.project ?? { value: who?.project_id ?? 'default', source: OF_KEY }
  return { organization, project }
}

function organizationOf(who: WhoAmI | undefined): Named {
  if (who?.organization) return { value: who.organization.slug, source: OF_KEY }
  const own = who?.organizations ?? []
  if (own.length === 1 && own[0]) return { value: own[0].slug, source: OF_KEY }
  const names = own.map(({ slug }) => clean(slug)).join(', ')
  const message = names
    ? `Your key is good for several organizations: ${names}.`
    : 'No organization is chosen.'
  throw new Failure(message, {
    hint: `\`--org ${own[0] ? clean(own[0].slug) : 'acme'}\`, or for good \`robotrace context set --org ${own[0] ? clean(own[0].slug) : 'acme'}\``,
    status: EXIT.usage,
  })
}

/** A key of one organization acts there whatever a request says: to go on would be to act in another place than named. */
function requireSame(own: { id: string; slug: string }, chosen: Named): void {
  if (chosen.value === own.slug || chosen.value.toLowerCase() === own.id) return
  throw new Failure(
    `This key belongs to ${clean(own.slug)}, not to ${clean(chosen.value)} (${clean(chosen.source)}).`,
    {
      hint: '`--profile` names another key, `robotrace context clear` forgets what was saved',
    },
  )
}

/** The address of something in a project. @example projectPath(place, 'devices', 'arm-7') */
export function projectPath({ organization, project }: Place, ...parts: string[]): string {
  return organizationPath({ organization }, 'projects', project.value, ...parts)
}

/** The address of something in an organization. @example organizationPath(place, 'api-keys') */
export function organizationPath({ organization }: Pick<Place, 'organization'>, ...parts: string[]): string {
  return ['/api/v1/organizations', organization.value, ...parts]
    .map((part, index) => (index === 0 ? part : encodeURIComponent(part)))
    .join('/')
}
