import { isRecord, parseObject, toJson } from '../sdk/json.ts'
import { pathWith } from '../sdk/request.ts'
import type { Answer } from '../sdk/runtime.ts'
import type { Method, Transport } from '../sdk/transport.ts'
import { type Command, type Given, PLACE_FLAGS } from './command.ts'
import { type Connection, connected } from './connection.ts'
import { chosenPlace, placeOf } from './context/place.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'
import { jsonLine } from './output/safe-text.ts'
import { say } from './print.ts'
import { readGivenFile } from './read-file.ts'
import { typedValue, valuePair } from './value-pair.ts'

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export const api: Command = {
  name: 'api',
  summary: 'any call of the API, with your key; {org} and {project} in the path are filled in',
  examples: [
    'robotrace api GET /api/v1/organizations/{org}/projects/{project}/devices -f status=offline --paginate',
    'robotrace api POST /api/v1/organizations/{org}/projects/{project}/device-groups -f name=arms',
  ],
  argument: { name: 'method', choices: METHODS },
  second: { name: 'path', about: 'from /api on; nothing else is asked with your key' },
  flags: [
    {
      name: 'raw-field',
      short: 'f',
      value: 'name=text',
      many: true,
      about: 'a member of the query or the body',
    },
    {
      name: 'field',
      short: 'F',
      value: 'name=value',
      many: true,
      about: 'the same with a JSON value (7, true, null, [1]), or @file for the text of a file',
    },
    { name: 'input', value: 'file', about: 'the JSON body, - for standard input' },
    { name: 'paginate', about: 'fetch every page, and print the items of all as one list' },
    { name: 'include', short: 'i', about: 'print status and headers first' },
    ...PLACE_FLAGS,
  ],
  run: call,
}

async function call(host: Host, given: Given): Promise<number> {
  const method = methodOf(given)
  const fields = fieldsOf(host, given)
  const body = await bodyOf(host, given, method, fields)
  if (given.flag('paginate') && method !== 'GET')
    throw wrong('--paginate is for GET.', '`robotrace api GET …`')
  return connected(host, given, async (connection) => {
    const path = await pathOf(host, given, connection)
    const chosen = chosenPlace(host, given, connection.saved)
    const transport = connection.transport({
      organization: chosen.organization?.value,
      project: chosen.project?.value,
    })
    const query = method === 'GET' || given.text('input') !== undefined ? fields : undefined
    if (given.flag('paginate')) return await paginate(host, transport, path, query)
    const answer = await transport.exchange(
      { method, path: pathWith(path, textsOf(query)), headers: body === undefined ? {} : JSON_BODY },
      body,
    )
    if (given.flag('include')) head(host, answer)
    show(host, answer.text)
    // The body was printed: it says what was wrong, and the hint what to do.
    if (answer.status >= 300) throw transport.refusal(answer)
    return EXIT.ok
  })
}

const JSON_BODY = { 'Content-Type': 'application/json' }

function methodOf(given: Given): Method {
  const method = METHODS.find((known) => known === given.argument?.toUpperCase())
  if (method) return method
  throw wrong(`The method is one of ${METHODS.join(', ')}.`, '`robotrace api GET /api/whoami`')
}

/** Placeholders, then the check that the path stays on this deployment. */
async function pathOf(host: Host, given: Given, connection: Connection): Promise<string> {
  const text = given.arguments[1] ?? ''
  if (!/^\/api(?:\/|$)/.test(text)) {
    throw wrong(
      'The path begins with /api: your key goes to no other address.',
      '`robotrace api GET /api/whoami`',
    )
  }
  if (!/\{(?:org|project)\}/.test(text)) return text
  const { organization, project } = await placeOf(host, given, connection)
  return text
    .replaceAll('{org}', encodeURIComponent(organization.value))
    .replaceAll('{project}', encodeURIComponent(project.value))
}

function fieldsOf(host: Host, given: Given): Record<string, unknown> {
  const raw = given.list('raw-field').map((text) => valuePair(text, '-f name=text'))
  const typed = given.list('field').map((text) => {
    const [name, value] = valuePair(text, '--field seed=42')
    return [
      name,
      value.startsWith('@')
        ? readGivenFile(host, value.slice(1), '--field note=@note.txt')
        : typedValue(value),
    ] as const
  })
  return Object.fromEntries([...raw, ...typed])
}

async function bodyOf(
  host: Host,
  given: Given,
  method: Method,
  fields: Record<string, unknown>,
): Promise<string | undefined> {
  const input = given.text('input')
  if (input === undefined) {
    return method === 'GET' || Object.keys(fields).length === 0 ? undefined : toJson(fields)
  }
  const text = input === '-' ? await host.readInput?.() : readGivenFile(host, input, '--input body.json')
  if (text !== undefined && parseObject(text)) return text
  throw wrong(`${input === '-' ? 'Standard input' : input} holds no JSON object.`, '`--input body.json`')
}

function textsOf(fields: Record<string, unknown> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : toJson(value),
    ]),
  )
}

/** Streams the items as one JSON list, a line each. */
async function paginate(
  host: Host,
  transport: Transport,
  path: string,
  query: Record<string, unknown> | undefined,
): Promise<number> {
  let cursor: string | undefined
  let many = 0
  do {
    const asked = pathWith(path, { ...textsOf(query), cursor })
    const page = await transport.json<Record<string, unknown>>({
      method: 'GET',
      path: asked,
      retry_while_limited: true,
    })
    if (!Array.isArray(page.items)) throw new Failure(`${path} is no list: its answer has no items.`)
    for (const item of page.items) host.out.write(`${many++ === 0 ? '[' : ','}\n${jsonLine(item)}`)
    cursor = typeof page.next_cursor === 'string' ? page.next_cursor : undefined
  } while (cursor !== undefined)
  host.out.write(many === 0 ? '[]\n' : '\n]\n')
  return EXIT.ok
}

function head(host: Host, { status, headers }: Answer): void {
  say(host, `HTTP ${status}`)
  for (const [name, value] of headers) say(host, safe(`${name}: ${value}`))
  say(host)
}

/** JSON as it came when a program reads it, indented for people; anything else as text without what steers a terminal. */
function show(host: Host, text: string): void {
  if (text === '') return
  const whole = text.endsWith('\n') ? text.slice(0, -1) : text
  say(host, host.out.tty ? safe(pretty(whole)) : safe(whole))
}

function pretty(text: string): string {
  // Only what JavaScript reads without loss is written anew: a seed may have 20 digits.
  const value = /(?<![\w."])-?\d{16,}/.test(text) ? undefined : parseObject(text)
  return isRecord(value) ? JSON.stringify(value, undefined, 2) : text
}

/** What could steer a terminal or hide is spelled out; in JSON that is the same text. */
function safe(text: string): string {
  return text.replace(/(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  )
}

function wrong(message: string, hint: string): Failure {
  return new Failure(message, { hint, status: EXIT.usage })
}
