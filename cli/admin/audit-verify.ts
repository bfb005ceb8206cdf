import { createReadStream } from 'node:fs'
import { APIError, AuthError } from '../../sdk/errors.ts'
import { isRecord } from '../../sdk/json.ts'
import { webRuntime } from '../../sdk/runtime.ts'
import { Transport } from '../../sdk/transport.ts'
import type { Command, Given } from '../command.ts'
import { EXIT, Failure, failureOf } from '../failure.ts'
import type { Host } from '../host.ts'
import { clean, paint, say, sayJson } from '../print.ts'
import { addressOf, notSignedIn, savedProfile, warnPlainHttp } from '../saved.ts'
import { type ChainReport, parseHead, verifyChain } from './chain.ts'

export const auditVerify: Command = {
  name: 'admin audit verify',
  summary: 'prove that no event of the audit trail was changed, dropped or inserted',
  examples: [
    'robotrace admin audit verify --head 1204:9c1e…a0d7',
    'robotrace admin audit verify "audit 2026-11-22.ndjson"',
  ],
  argument: {
    name: 'file',
    optional: true,
    about: 'an NDJSON export of the whole trail (default: ask the server)',
  },
  flags: [
    {
      name: 'head',
      value: 'seq:hash',
      about: 'what an earlier check ended with: proves that it is still there',
    },
    {
      name: 'base-url',
      value: 'url',
      about: 'the deployment to ask (default: ROBOTRACE_BASE_URL or the profile)',
    },
    { name: 'profile', value: 'name', about: 'the saved sign-in to use (default: "default")' },
    { name: 'json', about: 'print one JSON object, for scripts' },
  ],
  run: verify,
}

/** 0: the chain holds. 1: it does not. 2: nothing could be checked. */
async function verify(host: Host, given: Given): Promise<number> {
  const head = given.text('head')
  if (head !== undefined && parseHead(head) === undefined) {
    throw new Failure('--head must be the number and hash that an earlier check ended with.', {
      hint: '`--head 1204:` and 64 hexadecimal digits',
      status: EXIT.usage,
    })
  }
  const report = await readChain(host, given, head)
  const { rows, head: last = null, broken = null } = report
  if (given.flag('json')) sayJson(host, { intact: broken === null, rows, head: last, broken })
  else describe(host, report, head)
  return report.broken === undefined ? EXIT.ok : EXIT.failure
}

function describe(host: Host, { rows, head, broken }: ChainReport, noted: string | undefined): void {
  const { good, bad } = paint(host.out, host.env)
  if (broken !== undefined) {
    say(host, `${bad('✗')} The audit trail is broken: ${clean(broken)}.`)
    say(host, `  ${rows === 1 ? '1 event before that is' : `${rows} events before that are`} in order.`)
    return
  }
  say(host, `${good('✓')} ${rows === 1 ? '1 event' : `${rows} events`} in order, none changed.`)
  if (noted !== undefined) say(host, `${good('✓')} The noted head is still part of it.`)
  if (head !== undefined) say(host, `Head: ${head}`)
}

/** @throws Failure with status 2 when the trail cannot be had: no answer says nothing about the chain */
async function readChain(host: Host, given: Given, head: string | undefined): Promise<ChainReport> {
  try {
    const bytes =
      given.argument === undefined ? await fromServer(host, given) : createReadStream(given.argument)
    return await verifyChain(linesOf(bytes), head)
  } catch (error) {
    const { message, hint, status } = isUnreadable(error)
      ? new Failure(`${given.argument} cannot be read (${error.code}).`, { hint: 'name an NDJSON export' })
      : failureOf(error)
    const advice = isRefused(error) ? FOR_STAFF : hint
    const more = { ...(advice === undefined ? {} : { hint: advice }), reason: 'not_checked' }
    throw new Failure(message, { ...more, status: status === EXIT.failure ? EXIT.usage : status })
  }
}

const FOR_STAFF =
  'the whole trail is for administrators of the server: as one, make an API token (portal → API tokens) and set ROBOTRACE_API_KEY to it, or name an export'

function isRefused(error: unknown): boolean {
  return error instanceof AuthError || (error instanceof APIError && error.status === 403)
}

function isUnreadable(error: unknown): error is Error & { code: string } {
  return error instanceof Error && isRecord(error) && 'syscall' in error && typeof error.code === 'string'
}

/** The trail belongs to staff: a personal key or an API token, of which the profile of a login holds none. */
async function fromServer(host: Host, given: Given): Promise<AsyncIterable<Uint8Array>> {
  const saved = savedProfile(host, given)
  const api_key = host.env('ROBOTRACE_API_KEY') ?? host.env('REROBOTS_API_TOKEN') ?? saved.profile?.api_key
  const address = given.text('base-url') ?? host.env('ROBOTRACE_BASE_URL') ?? saved.profile?.base_url
  if (!api_key || !address) throw notSignedIn(saved)
  const base_url = addressOf(address, 'The base URL')
  warnPlainHttp(host, base_url)
  const transport = new Transport({
    api_key,
    base_url,
    fetch: (...call) => fetch(...call),
    runtime: { ...webRuntime, user_agent: host.user_agent },
    timeout_s: 60,
    upload_timeout_s: 60,
  })
  const { body } = await transport.download('/api/v1/admin/audit', { Accept: 'application/x-ndjson' })
  if (!body) throw new Failure('The server sent an empty answer.')
  return chunksOf(body)
}

/** A web stream as every runtime can loop over it. */
async function* chunksOf(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = body.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  yield rest + decoder.decode()
}
