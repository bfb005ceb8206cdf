// The pages one may be sent to after signing in. Everything else lands on the start page, so that a
// crafted link can never carry somebody away (nor to a path that only looks harmless).
const PAGES = /^\/(portal|admin|cli)(\/[\w./-]*)?(\?[^#]*)?$/

/**
 * The path of `?next=` when it is one of our own pages, else `/`.
 *
 * @example nextPath('/portal/api-keys', location.origin) // '/portal/api-keys'
 * @example nextPath('//evil.example', location.origin) // '/'
 */
export function nextPath(next: string | null | undefined, origin: string): string {
  if (!next || !PAGES.test(next) || /[\\\p{Cc}]|\/\/|\/\.\.?(\/|$)/u.test(next.split('?')[0] ?? ''))
    return '/'
  const url = new URL(next, origin)
  return url.origin === origin ? url.pathname + url.search : '/'
}
