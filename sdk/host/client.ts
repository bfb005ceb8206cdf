import { Client as WebClient } from '../client.ts'
import type { ClientOptions } from '../client-options.ts'
import type { Runtime } from '../runtime.ts'
import { hostRuntime } from './runtime.ts'

/**
 * Speaks to one deployment with one key, on Node, Deno and Bun: environment and credentials file are
 * read, paths are uploaded with flat memory. The key is checked for typing errors when the client is made,
 * and is never part of an error, an inspection or the JSON of anything.
 *
 * @example
 * ```ts
 * import { Client } from '@robotrace/sdk'
 *
 * const client = new Client({ base_url: 'http://localhost:3000' }) // the key from ROBOTRACE_API_KEY
 * await client.logEpisode({ name: 'pick_and_place v3', video: './run.mp4', duration_s: 42.5 })
 * ```
 */
export class Client extends WebClient {
  /**
   * Finds key and address, and checks both without asking the server.
   *
   * @throws ConfigurationError when key or address are missing or cannot be right
   */
  constructor(options: ClientOptions = {}, runtime: Runtime = hostRuntime) {
    super(options, runtime)
  }
}
