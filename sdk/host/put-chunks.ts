import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { pipeline } from 'node:stream/promises'
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
  const url = new URL(put.url)
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const request = send(url, {
    method: 'PUT',
    headers: { ...put.headers, 'Content-Length': String(whole.size_bytes) },
    // A connection of its own: a kept one may be closed by the other side just as the body starts.
    agent: false,
    signal: put.signal,
  })
  request.setTimeout(timerMs(put.timeout_s), () => request.destroy(silence()))
  const answer = answerOf(request)
  const body = new AbortController()
  const sent = pipeline(inFull(chunks, whole, put), request, { signal: body.signal })
  // A refusal may come before the body is through; the rest of it need not be sent then.
  const early = answer.then((got) => {
    if (got.status >= 300) body.abort()
    return got
  })
  const [arrived, went] = await Promise.allSettled([early, sent])
  if (arrived.status === 'fulfilled' && (arrived.value.status >= 300 || went.status === 'fulfilled'))
    return arrived.value
  // The reason why the body stopped says more than the connection that broke because of it.
  throw went.status === 'rejected' ? went.reason : arrived.status === 'rejected' ? arrived.reason : silence()
}

/** Every byte, counted; the last piece is kept back until the source has proved to be complete and unchanged. */
async function* inFull(
  chunks: AsyncIterable<Uint8Array>,
  whole: Whole,
  put: PutRequest,
): AsyncGenerator<Uint8Array, void, undefined> {
  let kept: Uint8Array | undefined
  let read = 0
  const progress = (sent_bytes: number) => put.on_progress?.({ sent_bytes, total_bytes: whole.size_bytes })
  for await (const chunk of chunks) {
    read += chunk.byteLength
    if (read > whole.size_bytes) throw wrongSize(whole, `more than ${whole.size_bytes}`)
    if (kept) yield kept
    progress(read - chunk.byteLength)
    kept = chunk
  }
  if (read < whole.size_bytes) throw wrongSize(whole, `only ${read}`)
  await whole.unchanged?.()
  if (kept) yield kept
  progress(read)
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

function wrongSize(whole: Whole, found: string): TransportError {
  return new TransportError(`The source held ${found} bytes, not the ${whole.size_bytes} announced.`)
}

function silence(): Error {
  return new DOMException('no answer within the time limit', 'TimeoutError')
}
