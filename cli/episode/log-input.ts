import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseObject } from '../../sdk/json.ts'
import type { ArtifactKind, Metadata, StartEpisode } from '../../sdk/wire.ts'
import type { Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { readGivenFile } from '../read-file.ts'
import { typedValue, valuePair } from '../value-pair.ts'
import { OUTCOMES, oneOf, SOURCES } from './list.ts'

/** What a command line says of a run. */
export interface Logged {
  start: Omit<StartEpisode, 'metadata' | 'git_sha'>
  /** A commit that was named; undefined: look at git. */
  git_sha: string | undefined
  metadata: Metadata
  files: [kind: ArtifactKind, path: string][]
  end: { status: 'ready' | 'failed'; duration_s?: number; failure_time_s?: number; failure_reason?: string }
}

const KINDS = ['video', 'sensors', 'actions'] as const

/**
 * Reads the flags, and looks whether the files are there: before an episode is begun that nobody could end well.
 *
 * @throws Failure with exit status 2
 */
export function loggedOf(host: Host, given: Given): Logged {
  const files = KINDS.flatMap((kind): [ArtifactKind, string][] => {
    const path = given.text(kind)
    return path === undefined ? [] : [[kind, existing(host, kind, path)]]
  })
  return {
    start: {
      name: given.text('name'),
      source: oneOf(given, 'source', SOURCES),
      robot: given.text('robot'),
      policy_version: given.text('policy-version'),
      env_version: given.text('env-version'),
      seed: seedOf(given),
      fps: numberOf(given, 'fps'),
      request_uploads: files.map(([kind]) => kind),
    },
    git_sha: given.text('git-sha'),
    metadata: metadataOf(host, given),
    files,
    end: endOf(given),
  }
}

function endOf(given: Given): Logged['end'] {
  const failure_time_s = numberOf(given, 'failure-time')
  const failure_reason = given.text('failure-reason')
  const has_failed = failure_time_s !== undefined || failure_reason !== undefined
  const status = oneOf(given, 'status', OUTCOMES) ?? (has_failed ? 'failed' : 'ready')
  if (status === 'ready' && has_failed) {
    throw wrong('--failure-time and --failure-reason are for runs that failed.', '`--status failed`')
  }
  return { status, duration_s: numberOf(given, 'duration'), failure_time_s, failure_reason }
}

function existing(host: Host, kind: string, path: string): string {
  const found = statSync(resolve(host.cwd, path), { throwIfNoEntry: false })
  if (found?.isFile()) return resolve(host.cwd, path)
  throw wrong(
    `--${kind}: ${path} is ${found ? 'no regular file' : 'not there'}.`,
    `\`--${kind} run.${kind === 'video' ? 'mp4' : 'npz'}\``,
  )
}

function numberOf(given: Given, name: string): number | undefined {
  const text = given.text(name)
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw wrong(`--${name} must be a number.`, `\`--${name} 12.5\``)
}

/** As text: a seed may be larger than what JavaScript counts exactly. */
function seedOf(given: Given): string | undefined {
  const text = given.text('seed')
  if (text === undefined || /^-?\d{1,20}$/.test(text)) return text
  throw wrong('--seed must be a whole number.', '`--seed 42`')
}

/** In their order, a later one over an earlier one; nothing of it reaches a prototype. */
function metadataOf(host: Host, given: Given): Metadata {
  const metadata = new Map<string, unknown>()
  for (const text of given.list('metadata')) {
    const members = text.startsWith('@') ? Object.entries(fileOf(host, text.slice(1))) : [pairOf(text)]
    for (const [name, value] of members) metadata.set(name, value)
  }
  // Every value came out of JSON, or is a text.
  return Object.fromEntries(metadata) as Metadata
}

function pairOf(text: string): [string, unknown] {
  const [name, value] = valuePair(text, '--metadata task=pick')
  return [name, typedValue(value)]
}

function fileOf(host: Host, path: string): Record<string, unknown> {
  const content = parseObject(readGivenFile(host, path, '--metadata @run.json'))
  if (content) return content
  throw wrong(`--metadata: ${path} holds no JSON object.`, '`--metadata @run.json`')
}

function wrong(message: string, hint: string): Failure {
  return new Failure(message, { hint, status: EXIT.usage })
}
