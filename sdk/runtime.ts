/** How far an upload is. */
export interface UploadProgress {
  /** Bytes handed to the network so far. */
  sent_bytes: number
  /** Size of the whole artifact. */
  total_bytes: number
}

/** One signed PUT, ready to send. */
export interface PutRequest {
  /** The signed address; its query is a secret. */
  url: string
  /** Headers beside Content-Length. */
  headers: Record<string, string>
  /** Longest silence of the connection, seconds. */
  timeout_s: number
  /** Called as bytes leave. */
  on_progress?: (progress: UploadProgress) => void
  /** Ends the upload early. */
  signal?: AbortSignal
}

/** What came back, whatever carried it. */
export interface Answer {
  /** HTTP status; 0 for a redirect that a browser hides. */
  status: number
  /** Response headers. */
  headers: Headers
  /** The body as text. */
  text: string
}

/** The bytes of one artifact, of a known size. */
export interface UploadBody {
  /** Exact size, sent as Content-Length. */
  size_bytes: number
  /** False when the bytes can be read only once, so that a refused upload cannot be repeated. */
  repeatable: boolean
  /** Sends all of them with one PUT; redirects are not followed. */
  send(request: PutRequest): Promise<Answer>
  /** Closes files and removes temporary ones. */
  close(): Promise<void>
}

/** One saved sign-in of the credentials file. */
export interface Profile {
  /** The key. */
  api_key?: string
  /** The deployment it is for. */
  base_url?: string
}

/**
 * What the SDK needs from its surroundings beyond Web APIs. Node, Deno and Bun have one
 * ({@linkcode Client} of `@robotrace/sdk`); in a browser the bare {@linkcode webRuntime} does.
 */
export interface Runtime {
  /** Sent as User-Agent and, with it, X-RoboTrace-SDK-Version; a browser sends its own instead. */
  user_agent?: string
  /** An environment variable; undefined when it is not set or empty. */
  env(name: string): string | undefined
  /** A profile of the credentials file; undefined when there is none of that name. */
  readProfile?(name: string): Profile | undefined
  /** Opens a file as the body of an upload, with flat memory whatever its size. */
  openPath?(path: string | URL): Promise<UploadBody>
  /** Makes a stream the body of an upload; without a size it goes through a temporary file. */
  openStream?(stream: ReadableStream<Uint8Array>, size_bytes?: number): Promise<UploadBody>
  /** Shows the page of a new episode; `verbose` undefined leaves the decision to the runtime. */
  announce(url: string, verbose: boolean | undefined): void
  /** Waits before a call is repeated. */
  sleep(ms: number): Promise<void>
}

/**
 * Web APIs alone: no environment, no credentials file, no paths, nothing printed unless asked for.
 *
 * @example
 * ```ts
 * import { Client, webRuntime } from '@robotrace/sdk/web'
 *
 * const client = new Client({ api_key, base_url }, { ...webRuntime, announce: (url) => console.log(url) })
 * declare const api_key: string, base_url: string
 * ```
 */
export const webRuntime: Runtime = {
  env: () => undefined,
  announce: (url, verbose) => {
    if (verbose) console.log(`[robotrace] → ${url}`)
  },
  sleep: (ms) => new Promise((done) => setTimeout(done, ms)),
}
