import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { TransportError } from '../errors.ts'
import type { Answer, PutRequest } from '../runtime.ts'
import { timerMs } from '../time-limit.ts'

/** What is known about the bytes beforehand. */
export interface Whole {
  size_bytes: number
  /** Throws when the source is no longer what it was; asked before the last piece leaves. */
  unchanged?: () => Promise<void>
}

const MOST_ANSWER_BYTES = 64 * 1024
/** How long a refusal may take to be read once the connection broke off under the body. */
const GRACE_MS = 2000

/**
 * One PUT over `node:http(s)` with an explicit Content-Length. On Node, Deno and Bun alike this keeps
 * memory flat and never falls back to chunked encoding, as fetch with a stream does on Deno. Redirects are
 * not followed: they are the answer.
 *
 * @example await putChunks({ url, headers, timeout_s: 600 }, chunks, { size_bytes: 1024 })
 */
export async function putChunks(
  put: PutRequest,
  chunks: AsyncIterable<Uint8Array>,
  whole: Whole,
): Promise<Answer> {
  const { request, agent } = open(put, whole.size_bytes)
  const answer = answerOf(request)
  const body = new AbortController()
  // A refusal may come before the body is through; once it is read, the rest of the body need not be sent.
  answer.then(
    ({ status }) => status >= 300 && body.abort(),
    () => {},
  )
  const source = new Source(chunks, whole, put)
  try {
    await pipeline(source.inFull(), request, { signal: body.signal })
  } catch (error) {
    // The request never emits an error of its own on some of these ways, so nothing is waited for without an end.
    const refused = source.failed ? undefined : await within(GRACE_MS, answer)
    request.destroy()
    agent.destroy()
    if (refused && refused.status >= 300) return refused
    throw source.failed ? source.error : error
  }
  return await answer.finally(() => agent.destroy())
}

/**
 * A connection of its own: a kept one may be closed by the other side just as the body starts. It is not
 * announced as the last use, though: many servers then hang up on a refused body before the refusal is read.
 */
function open(put: PutRequest, size_bytes: number): { request: ClientRequest; agent: HttpAgent } {
  const url = new URL(put.url)
  const secure = url.protocol === 'https:'
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true })
  const request = (secure ? httpsRequest : httpRequest)(url, {
    method: 'PUT',
    headers: { ...put.headers, 'Content-Length': String(size_bytes) },
    agent,
    signal: put.signal,
  })
  request.setTimeout(timerMs(put.timeout_s), () => request.destroy(silence()))
  return { request, agent }
}

/** The bytes on their way, and whether it was they that failed, not the connection. */
class Source {
  failed = false
  error: unknown
  readonly #chunks: AsyncIterable<Uint8Array>
  readonly #whole: Whole
  readonly #put: PutRequest

  constructor(chunks: AsyncIterable<Uint8Array>, whole: Whole, put: PutRequest) {
    this.#chunks = chunks
    this.#whole = whole
    this.#put = put
  }

  async *inFull(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* this.#counted()
    } catch (error) {
      this.failed = true
      this.error = error
      throw error
    }
  }

  /** The last piece is kept back until the source has proved to be complete and unchanged. */
  async *#counted(): AsyncGenerator<Uint8Array, void, undefined> {
    const { size_bytes, unchanged } = this.#whole
    const progress = (sent_bytes: number) => this.#put.on_progress?.({ sent_bytes, total_bytes: size_bytes })
    let kept: Uint8Array | undefined
    let read = 0
    for await (const chunk of this.#chunks) {
      read += chunk.byteLength
      if (read > size_bytes) throw wrongSize(size_bytes, `more than ${size_bytes}`)
      if (kept) yield kept
      progress(read - chunk.byteLength)
      kept = chunk
    }
    if (read < size_bytes) throw wrongSize(size_bytes, `only ${read}`)
    await unchanged?.()
    if (kept) yield kept
    progress(read)
  }
}

/** What the work answers, if it does so in time and without an error. */
async function within<Result>(ms: number, work: Promise<Result>): Promise<Result | undefined> {
  return await Promise.race([work.catch(() => undefined), sleep(ms, undefined, { ref: false })])
}

function answerOf(request: ClientRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', reject)
    request.on('response', (response) => readAnswer(response).then(resolve, reject))
  })
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response) {
    // The rest is read and dropped, so that the connection ends well.
    if (size < MOST_ANSWER_BYTES) parts.push(part)
    size += part.byteLength
  }
  const headers = new Headers()
  for (const [name, value] of Object.entries(response.headers)) {
    for (const one of [value ?? []].flat()) headers.append(name, one)
  }
  return { status: response.statusCode ?? 0, headers, text: Buffer.concat(parts).toString() }
}

function wrongSize(announced: number, found: string): TransportError {
  return new TransportError(`The source held ${found} bytes, not the ${announced} announced.`)
}

function silence(): Error {
  return new DOMException('no answer within the time limit', 'TimeoutError')
}
