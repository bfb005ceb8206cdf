import { ConfigurationError } from './errors.ts'
import type { Method, Transport } from './transport.ts'

/** What a call of {@linkcode Client.request} sends. */
export interface RequestOptions {
  /** Members that are undefined or null are left out. */
  query?: Record<string, string | number | boolean | null | undefined>
  /** Sent as JSON; a bigint keeps every digit. */
  body?: object
  /** Ends the call early; its reason is thrown. */
  signal?: AbortSignal
}

/** One call; see {@linkcode Client.request}. */
export async function request<Body extends object>(
  transport: Transport,
  method: Method,
  path: string,
  { query, body, signal }: RequestOptions,
): Promise<Body> {
  return await transport.json<Body>({
    method,
    path: pathWith(path, query),
    body,
    signal,
    retry_while_limited: method === 'GET',
  })
}

/**
 * A path of the deployment with its query.
 *
 * @throws ConfigurationError for what would lead to another server, or out of the path it names
 * @example pathWith('/api/episodes', { limit: 20 }) // '/api/episodes?limit=20'
 */
export function pathWith(path: string, query: RequestOptions['query'] = {}): string {
  if (!isOwnPath(path)) {
    throw new ConfigurationError('The path of a request begins with one slash, such as /api/episodes.')
  }
  const more = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) more.set(name, String(value))
  }
  if (more.size === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${more}`
}

/** The path is put behind the deployment's address as it is, so nothing in it may be read as another address. */
function isOwnPath(path: string): boolean {
  return /^\/(?![/\\])[\x21-\x7e]*$/.test(path) && !/[\\#]/.test(path) && !hasDots(path)
}

/** `..`, plain or escaped, would be resolved away by whoever sends it. */
function hasDots(path: string): boolean {
  const [way = ''] = path.split('?')
  return way.split('/').some((part) => /^(?:\.|%2e){1,2}$/i.test(part))
}
