/**
 * Whether a condition names this tag: RFC 9110 section 13.1.2, compared weakly. Express's own check gives up when the
 * request says `no-cache`, which fetch adds by itself to every request with a condition.
 *
 * @example hasTag(request.get('If-None-Match'), etag) // then 304
 */
export function hasTag(condition: string | undefined, etag: string): boolean {
  return (condition ?? '').split(',').some((one) => one.trim().replace(/^W\//, '') === etag)
}
