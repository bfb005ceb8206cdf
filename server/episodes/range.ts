/** Bytes from `start` to `end`, both inclusive. */
export interface ByteRange {
  start: number
  end: number
}

const ONE_RANGE = /^bytes=(\d{0,15})-(\d{0,15})$/i

/**
 * Which part of an artifact a request asks for (RFC 9110 section 14).
 *
 * @param size bytes of the whole
 * @param etag strong, with its quotes
 * @returns undefined for the whole: no Range, not a GET, several ranges, one that is not well formed, or an
 *   If-Range that names other bytes
 */
export function wantedRange(
  request: { method: string; headers: { range?: string; 'if-range'?: string | string[] } },
  size: number,
  etag: string,
): ByteRange | 'unsatisfiable' | undefined {
  const { range, 'if-range': condition } = request.headers
  if (range === undefined || request.method !== 'GET') return undefined
  // A date is never equal to the ETag: without Last-Modified no date can prove that the bytes are the same.
  if (condition !== undefined && condition !== etag) return undefined
  const match = ONE_RANGE.exec(range.trim())
  const [, first = '', last = ''] = match ?? []
  if (first === '' && last === '') return undefined
  if (first === '') return suffix(Number(last), size)
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

function suffix(length: number, size: number): ByteRange | 'unsatisfiable' {
  if (length === 0 || size === 0) return 'unsatisfiable'
  return { start: Math.max(0, size - length), end: size - 1 }
}

/**
 * Whether a request says that it has these bytes already (If-None-Match, RFC 9110 section 13.1.2). Unlike Express's
 * `request.fresh` this looks at nothing else: `Cache-Control: no-cache` asks caches to check, and this is the check.
 */
export function hasAlready(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((one) => ['*', etag].includes(one.trim().replace(/^W\//, '')))
}
