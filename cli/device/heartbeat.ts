import { APIError, RobotraceError, ServerError, TransportError } from '../../sdk/errors.ts'
import { parseObject } from '../../sdk/json.ts'
import { VERSION } from '../../sdk/version.ts'
import type { Heartbeat, HeartbeatAnswer } from '../../sdk/wire.ts'
import { type Command, type Given, PROFILE_FLAG } from '../command.ts'
import { type Connection, connected } from '../connection.ts'
import { projectPath } from '../context/place.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { jsonLine, yamlText } from '../output/safe-text.ts'
import { clean, isLively, paint, say, warn } from '../print.ts'
import { readGivenFile } from '../read-file.ts'
import { count, span } from '../words.ts'
import { type CpuTime, cpuTime, measure } from './measure.ts'

/** Between the two looks at the CPU when there is only one heartbeat. */
const FIRST_LOOK_MS = 500
const LEAST_MS = 5_000

export const deviceHeartbeat: Command = {
  name: 'device heartbeat',
  summary: 'say that this device is there, and how it is; with the key that is pinned to it',
  examples: [
    'robotrace device heartbeat --every 30s',
    'echo \'{"backlog_episodes": 3}\' | robotrace device heartbeat --metrics -',
  ],
  flags: [
    { name: 'every', value: 'span', about: 'again and again until Ctrl-C, such as 30s; at least 5s' },
    { name: 'metrics', value: 'file', about: 'JSON with more, or with better numbers; - for standard input' },
    { name: 'disk', value: 'folder', about: 'whose disk matters (default: this folder)' },
    PROFILE_FLAG,
    ...OUTPUT_FLAGS,
  ],
  run: beat,
}

async function beat(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  const every_ms = everyOf(given)
  const piped =
    given.text('metrics') === '-' ? objectOf((await host.readInput?.()) ?? '', 'Standard input') : undefined
  return connected(host, given, async (connection) => {
    const path = await pathOf(connection)
    let since = await cpuTime()
    const send = async (): Promise<HeartbeatAnswer> => {
      const body = await bodyOf(host, given, since, piped)
      since = await cpuTime()
      return await connection.client().request<HeartbeatAnswer>('POST', path, { body })
    }
    if (every_ms !== undefined) return await keepBeating(host, every_ms, send)
    await host.sleep(FIRST_LOOK_MS)
    const answer = await send()
    if (format === 'table') say(host, `${paint(host.out, host.env).good('✓')} ${sentenceOf(answer)}`)
    else if (format === 'yaml') host.out.write(yamlText(answer))
    else say(host, format === 'json' ? jsonLine(answer) : clean(answer.id))
    return EXIT.ok
  })
}

/** Silence is what makes a device offline, so a beat that does not get through is only told, and the next one is sent. */
async function keepBeating(
  host: Host,
  every_ms: number,
  send: () => Promise<HeartbeatAnswer>,
): Promise<number> {
  const stop = new AbortController()
  const forget = host.onInterrupt((status) => stop.abort(status))
  const lively = isLively(host.err, host.env) && !host.quiet
  let beats = 0
  try {
    await host.sleep(FIRST_LOOK_MS, stop.signal)
    for (;;) {
      const problem = await send().then(
        (answer) => {
          beats++
          if (lively) host.err.write(`\r\u001b[2K${sentenceOf(answer)} ${count(beats, 'heartbeat')}.`)
          return undefined
        },
        (error: unknown) => error,
      )
      if (problem !== undefined) tell(host, problem, lively)
      await host.sleep(every_ms, stop.signal)
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error
    if (lively) host.err.write('\r\u001b[2K')
    if (!host.quiet) host.err.write(`Stopped after ${count(beats, 'heartbeat')}.\n`)
    return typeof stop.signal.reason === 'number' ? stop.signal.reason : EXIT.interrupted
  } finally {
    forget()
  }
}

/** @throws what no later heartbeat would mend: a dead key, a device that is gone */
function tell(host: Host, problem: unknown, lively: boolean): void {
  const passes =
    problem instanceof TransportError ||
    problem instanceof ServerError ||
    (problem instanceof APIError && problem.status === 429)
  if (!passes || !(problem instanceof RobotraceError)) throw problem
  if (lively) host.err.write('\r\u001b[2K')
  warn(host, `${clean(problem.message)} The next heartbeat goes out all the same.`)
}

function sentenceOf({ status, next_in_s }: HeartbeatAnswer): string {
  return `The server has heard: ${clean(status)}. It waits for the next one within ${next_in_s} s.`
}

async function pathOf(connection: Connection): Promise<string> {
  const who = await connection.who()
  if (!who?.device_id || !who.organization) {
    throw new Failure('This key is not pinned to a device, so nobody knows which one it speaks for.', {
      hint: '`robotrace device enroll`, or `robotrace keys mint arm-7 --device arm-7 --save arm-7` and `--profile arm-7`',
    })
  }
  const place = {
    organization: { value: who.organization.slug, source: 'key' },
    project: { value: who.project_id ?? 'default', source: 'key' },
  }
  return projectPath(place, 'devices', who.device_id, 'heartbeat')
}

async function bodyOf(
  host: Host,
  given: Given,
  since: CpuTime,
  piped: object | undefined,
): Promise<Heartbeat> {
  const file = given.text('metrics')
  const more =
    piped ?? (file === undefined ? {} : objectOf(readGivenFile(host, file, '--metrics metrics.json'), file))
  const measured = await measure(since, given.text('disk') ?? host.cwd)
  return {
    ...measured,
    sdk_version: `robotrace-js/${VERSION}`,
    sent_at: new Date(host.now()).toISOString(),
    ...more,
  }
}

function everyOf(given: Given): number | undefined {
  const text = given.text('every')
  if (text === undefined) return undefined
  const ms = span(text)
  if (ms !== undefined && ms >= LEAST_MS && ms <= 86_400_000) return ms
  throw new Failure('--every takes a span from 5s to 1d.', { hint: '`--every 30s`', status: EXIT.usage })
}

function objectOf(text: string, what: string): object {
  const value = parseObject(text)
  if (value) return value
  throw new Failure(`${what} holds no JSON object.`, { hint: '`--metrics metrics.json`', status: EXIT.usage })
}
