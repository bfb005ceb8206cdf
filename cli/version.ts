import { RobotraceError, TransportError } from '../sdk/errors.ts'
import { parseObject } from '../sdk/json.ts'
import { webRuntime } from '../sdk/runtime.ts'
import { Transport } from '../sdk/transport.ts'
import { VERSION } from '../sdk/version.ts'
import type { ServerVersion } from '../sdk/wire.ts'
import { type Command, type Given, PROFILE_FLAG } from './command.ts'
import { EXIT } from './failure.ts'
import type { Host } from './host.ts'
import { clean, rows, sayJson, warn } from './print.ts'
import { addressOf, savedProfile } from './saved.ts'
import { compareMinors } from './version-order.ts'

/** Whoever asks for a version does not want to wait for a server that is gone. */
const LONGEST_WAIT_S = 5

export const version: Command = {
  name: 'version',
  summary: 'print the version of this program and of its server',
  examples: ['robotrace version', 'robotrace version --base-url https://robotrace.example.org --json'],
  flags: [
    {
      name: 'base-url',
      value: 'url',
      about: 'the server to ask (default: ROBOTRACE_BASE_URL, then the profile)',
    },
    { name: 'json', about: 'print one JSON object, for scripts' },
    PROFILE_FLAG,
  ],
  run: showVersion,
}

/** How the two get along; `silent`: no answer came; `older`: it does not know the question, as before 0.2.0. */
type State = 'same' | 'client_older' | 'client_newer' | 'client_too_old' | 'unknown' | 'silent' | 'no_server'

interface Found {
  state: State
  server: ServerVersion | null
  /** Why there was no answer. */
  why?: string
}

async function showVersion(host: Host, given: Given): Promise<number> {
  const base_url = addressFor(host, given)
  const { state, server, why } = base_url === undefined ? NOWHERE : await ask(host, base_url)
  if (given.flag('json')) {
    sayJson(host, {
      client: VERSION,
      base_url: base_url ?? null,
      state,
      server,
      ...(why && { message: why }),
    })
    return EXIT.ok
  }
  rows(host, [
    ['Client', `${host.program} ${VERSION}`],
    ['Server', `${server?.version ?? UNTOLD[state] ?? 'unknown'}${base_url ? ` (${base_url})` : ''}`],
  ])
  if (why) warn(host, clean(why))
  const advice = server && ADVICE[state]?.(server)
  if (advice) warn(host, advice)
  return EXIT.ok
}

const NOWHERE: Found = { state: 'no_server', server: null }

/** What stands for the server's version where there is none. */
const UNTOLD: Partial<Record<State, string>> = {
  no_server: 'none is known here; `--base-url` names one, and `robotrace login` saves it',
  silent: 'did not answer',
  unknown: 'answers, but does not say its version: older than 0.2.0, or not RoboTrace',
}

const ADVICE: Partial<Record<State, (server: ServerVersion) => string>> = {
  client_older: ({ version: newer }) =>
    `This program is older than the server. To update it: \`npm install -g robotrace@${newer}\`.`,
  client_too_old: ({ version: newer, client_min }) =>
    `The server was not tried with clients before ${client_min}. To update: \`npm install -g robotrace@${newer}\`.`,
  client_newer: () =>
    'This program is newer than the server, and works with it; what the server does not know yet it answers with 404.',
}

function addressFor(host: Host, given: Given): string | undefined {
  const flag = given.text('base-url')
  if (flag !== undefined) return addressOf(flag, '--base-url')
  const variable = given.text('profile') === undefined ? host.env('ROBOTRACE_BASE_URL') : undefined
  if (variable !== undefined) return addressOf(variable, 'ROBOTRACE_BASE_URL')
  const saved = savedProfile(host, given).profile?.base_url
  return saved === undefined ? undefined : addressOf(saved, "The profile's base_url")
}

/** Without the key: whoever may not know the version of a server does not reach it. */
async function ask(host: Host, base_url: string): Promise<Found> {
  const transport = new Transport({
    ...{ api_key: undefined, base_url, timeout_s: LONGEST_WAIT_S, upload_timeout_s: LONGEST_WAIT_S },
    fetch: (...call) => fetch(...call),
    runtime: { ...webRuntime, user_agent: host.user_agent },
  })
  try {
    const { status, text } = await transport.exchange({ method: 'GET', path: '/api/version' })
    const server = status === 200 ? readVersion(text) : undefined
    return server ? { state: stateOf(server), server } : { state: 'unknown', server: null }
  } catch (error) {
    if (!(error instanceof RobotraceError)) throw error
    return { state: error instanceof TransportError ? 'silent' : 'unknown', server: null, why: error.message }
  }
}

function readVersion(text: string): ServerVersion | undefined {
  const answer = parseObject(text)
  if (typeof answer?.version !== 'string' || typeof answer.schema !== 'number') return undefined
  const { version: number, schema } = answer
  const client_min = typeof answer.client_min === 'string' ? answer.client_min : '0.0.0'
  return compareMinors(number, client_min) === undefined ? undefined : { version: number, schema, client_min }
}

function stateOf({ version: server, client_min }: ServerVersion): State {
  if ((compareMinors(VERSION, client_min) ?? 0) < 0) return 'client_too_old'
  const order = compareMinors(VERSION, server) ?? 0
  return order === 0 ? 'same' : order < 0 ? 'client_older' : 'client_newer'
}
