import type { Door } from './door.ts'
import { answersOf, type RecordedAnswer, refusalComponents } from './openapi-answers.ts'
import { readInput } from './openapi-input.ts'
import { problemSchema } from './openapi-problem.ts'
import { collectSchemas, type Json, type Schemas } from './openapi-schemas.ts'

/** The routes of one slice, as they stand together in the reference. */
export interface Section {
  name: string
  about: string
  doors: readonly Door[]
}

interface Made {
  version: string
  /** What each route's example was really answered, by `METHOD /path`. */
  answers: Readonly<Record<string, RecordedAnswer>>
}

/**
 * The REST surface as OpenAPI 3.1, made from the door declarations alone.
 *
 * @example const document = openApi(SECTIONS, { version: '0.1.0', answers: {} })
 */
export function openApi(sections: readonly Section[], { version, answers }: Made): Json {
  const schemas = collectSchemas()
  const paths: Record<string, Json> = {}
  for (const { name, doors } of sections) {
    for (const door of doors) {
      const path = door.path.replace(/[:*](\w+)/g, '{$1}')
      const recorded = answers[`${door.method} ${door.path}`]
      paths[path] = { ...paths[path], [door.method.toLowerCase()]: operation(door, name, schemas, recorded) }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'RoboTrace API',
      version,
      summary: 'Where a robotics team’s runs and credentials live.',
      description: INTRODUCTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from' }],
    tags: sections.map(({ name, about }) => ({ name, description: about })),
    paths,
    components: {
      securitySchemes: SECURITY_SCHEMES,
      schemas: { ...schemas.named(), Problem: problemSchema },
      responses: refusalComponents(paths),
    },
  }
}

const INTRODUCTION = `
Send a key as \`Authorization: Bearer rt_…\`; \`X-RoboTrace-Key\` and \`X-API-Key\` are read as well. Make one on the page *API keys*, or with \`robotrace login\`. A personal credential (\`rbtk_…\`, an API token, an access token) names the organization it acts in with \`X-RoboTrace-Organization\`, where the address does not, and the project with \`X-RoboTrace-Project\`.

- **Refusals** are problems (RFC 9457): \`code\` for programs, \`detail\` for people, \`errors\` for fields, \`request_id\` for the log.
- **Other people’s things** are 404, like things that do not exist.
- **Lists** answer \`items\` and, where there is more, \`next_cursor\`.
- **Times** are ISO 8601 in UTC, with milliseconds. Ids say what they name: \`ep_…\`, \`dev_…\`, \`wh_…\`.
- **Rate limits**: 429 with \`Retry-After\`; every answer says what is left in \`X-RateLimit-Remaining\`.
`.trim()

const SECURITY_SCHEMES = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    description: 'An API key (`rt_…`, `rbtk_…`), an API token or an access token',
  },
  robotrace_key: { type: 'apiKey', in: 'header', name: 'X-RoboTrace-Key' },
  api_key: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  session: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-robotrace_session',
    description: 'A browser that is signed in',
  },
}

function operation(door: Door, tag: string, schemas: Schemas, recorded: RecordedAnswer | undefined): Json {
  const { parameters, requestBody } = readInput(door, schemas)
  const description = describe(door)
  return {
    tags: [tag],
    summary: door.summary,
    ...(description === '' ? {} : { description }),
    operationId: operationId(door),
    security: security(door),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(requestBody ? { requestBody } : {}),
    responses: answersOf(door, schemas, recorded),
  }
}

function describe({ description, scope, unlimited }: Door): string {
  const lines = [
    description,
    scope === undefined ? undefined : `Needs the scope \`${scope}\`.`,
    unlimited === undefined ? undefined : `Never refused for its rate. ${unlimited}`,
  ]
  return lines.filter((line) => line !== undefined).join('\n\n')
}

/** Which schemes are taken; the list beside each names the scope, as OpenAPI 3.1 lets it for every scheme. */
function security({ caller, scope }: Door): Json[] {
  if (caller === 'anyone') return []
  const scopes = scope === undefined ? [] : [scope]
  const byBrowser = caller === 'person' || caller === 'key_or_person' ? [{ session: [] }] : []
  return [{ bearer: scopes }, { robotrace_key: scopes }, { api_key: scopes }, ...byBrowser]
}

function operationId(door: Door): string {
  const words = door.path
    .replace(/[:*{}]/g, '')
    .split('/')
    .filter((word) => word !== '' && word !== 'api')
  return [door.method.toLowerCase(), ...words].join('_').replace(/[^A-Za-z0-9_]/g, '_')
}
