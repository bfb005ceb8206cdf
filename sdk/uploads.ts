import { ConfigurationError, RobotraceError, TransportError } from './errors.ts'
import { retryWhileLimited } from './retries.ts'
import type { Answer, PutRequest, UploadBody, UploadProgress } from './runtime.ts'
import { timerMs } from './time-limit.ts'
import type { Transport } from './transport.ts'
import type { ArtifactKind, UploadUrl } from './wire.ts'

/**
 * Where the bytes of an artifact come from: a path or `file:` URL (Node, Deno, Bun), a Blob or File, bytes
 * in memory, or a stream.
 */
export type UploadSource =
  | string
  | URL
  | Blob
  | ArrayBuffer
  | ArrayBufferView<ArrayBuffer>
  | ReadableStream<Uint8Array>

/** How to upload. */
export interface UploadOptions {
  /**
   * Exact size of a stream. With it a stream is sent as it comes, and only once; without it the stream
   * goes through a temporary file (in a browser: a Blob), because an upload needs its size up front.
   */
  size_bytes?: number
  /** Called as bytes leave. For bytes and Blobs: at the beginning and at the end. */
  on_progress?: (progress: UploadProgress) => void
  /** Ends the upload early. */
  signal?: AbortSignal
}

const CONTENT_TYPES: Record<ArtifactKind, string> = {
  video: 'video/mp4',
  sensors: 'application/octet-stream',
  actions: 'application/octet-stream',
}

/** The slowest upload of bytes or a Blob that is still believed to be alive. */
const SLOWEST_BYTES_PER_SECOND = 100_000

/**
 * Sends one artifact to its signed address: exact content type, exact length, no key, no redirects. A 429
 * is tried again with the same bytes, a path being opened anew each time.
 *
 * @returns the size sent, bytes
 * @throws APIError when the store refuses, TransportError when it does not answer
 */
export async function uploadArtifact(
  transport: Transport,
  slot: UploadUrl,
  source: UploadSource,
  options: UploadOptions,
): Promise<number> {
  const body = await openSource(transport, source, options)
  try {
    const request: PutRequest = {
      url: new URL(slot.url, transport.base_url).href,
      headers: { 'Content-Type': CONTENT_TYPES[slot.kind], Accept: '*/*', ...transport.identity },
      timeout_s: transport.upload_timeout_s,
      on_progress: options.on_progress,
      signal: options.signal,
    }
    const send = () => sendOnce(transport, slot.kind, body, request)
    const answer = body.repeatable ? await retryWhileLimited(send, transport.runtime.sleep) : await send()
    // A redirect is not a success: the bytes would be nowhere.
    if (answer.status >= 200 && answer.status < 300) return body.size_bytes
    throw transport.refusal(answer, `The upload of ${slot.kind} was refused (HTTP ${answer.status})`)
  } finally {
    await body.close()
  }
}

async function sendOnce(
  transport: Transport,
  kind: ArtifactKind,
  body: UploadBody,
  request: PutRequest,
): Promise<Answer> {
  try {
    return await body.send(request)
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason
    if (error instanceof RobotraceError) throw error
    throw transport.failure(`The upload of ${kind} broke off`, error)
  }
}

async function openSource(
  transport: Transport,
  source: UploadSource,
  options: UploadOptions,
): Promise<UploadBody> {
  const { runtime } = transport
  if (typeof source === 'string' || source instanceof URL) {
    if (runtime.openPath) return await runtime.openPath(source)
    throw new ConfigurationError('A path needs Node, Deno or Bun. Give the bytes as a Blob, such as a File.')
  }
  if (source instanceof Blob) return fetchBody(transport, source, source.size)
  if (source instanceof ArrayBuffer || ArrayBuffer.isView(source)) {
    return fetchBody(transport, source, source.byteLength)
  }
  if (source instanceof ReadableStream) {
    if (runtime.openStream) return await runtime.openStream(source, options.size_bytes)
    return await blobBody(transport, source, options.size_bytes)
  }
  throw new ConfigurationError(
    'The source of an upload is a path, a file: URL, a Blob, bytes or a ReadableStream.',
  )
}

/** Bytes that are in memory, or a Blob: fetch sends them with their length. */
function fetchBody(
  transport: Transport,
  payload: Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer>,
  size_bytes: number,
): UploadBody {
  const send = async (request: PutRequest): Promise<Answer> => {
    const limit = AbortSignal.timeout(timerMs(request.timeout_s + size_bytes / SLOWEST_BYTES_PER_SECOND))
    request.on_progress?.({ sent_bytes: 0, total_bytes: size_bytes })
    const response = await transport.fetch(request.url, {
      method: 'PUT',
      headers: request.headers,
      body: ArrayBuffer.isView(payload)
        ? new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength)
        : payload,
      // Beside refusing redirects, this keeps Node from holding a copy of the whole body.
      redirect: 'error',
      signal: request.signal ? AbortSignal.any([request.signal, limit]) : limit,
    })
    const text = await response.text()
    request.on_progress?.({ sent_bytes: size_bytes, total_bytes: size_bytes })
    return { status: response.status, headers: response.headers, text }
  }
  return { size_bytes, repeatable: true, send, close: async () => {} }
}

/** Without a file system a stream is gathered first; the size must be known before the first byte leaves. */
async function blobBody(
  transport: Transport,
  stream: ReadableStream<Uint8Array>,
  announced_bytes: number | undefined,
): Promise<UploadBody> {
  const blob = await new Response(stream).blob()
  if (announced_bytes !== undefined && announced_bytes !== blob.size) {
    throw new TransportError(`The stream held ${blob.size} bytes, not the ${announced_bytes} announced.`)
  }
  return fetchBody(transport, blob, blob.size)
}
