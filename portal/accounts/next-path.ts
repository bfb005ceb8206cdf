// The pages one may be sent to after signing in. Everything else lands on the start page, so that a
// crafted link can never carry somebody away (nor to a path that only looks harmless).
const PAGES = /^\/(portal|admin)(\/[\w./-]*)?(\?[^#]*)?$/
// The page of an invitation, whose token waits in this browser while somebody signs in.
const INVITATION_PAGE = '/invitation'
// The page that lets a terminal in takes a code along and nothing else.
const DEVICE_PAGE = /^\/cli\/auth(\?code=[\w-]{1,64})?$/

/**
 * The path of `?next=` when it is one of our own pages, else `/`.
 *
 * @example nextPath('/portal/api-keys', location.origin) // '/portal/api-keys'
 * @example nextPath('//evil.example', location.origin) // '/'
 */
export function nextPath(next: string | null | undefined, origin: string): string {
  if (next && (DEVICE_PAGE.test(next) || next === INVITATION_PAGE)) return next
  if (!next || !PAGES.test(next) || /[\\\p{Cc}]|\/\/|\/\.\.?(\/|$)/u.test(next.split('?')[0] ?? ''))
    return '/'
  const url = new URL(next, origin)
  return url.origin === origin ? url.pathname + url.search : '/'
}
