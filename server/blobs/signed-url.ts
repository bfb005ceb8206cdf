import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

/** What a signed link grants. Every member is under the signature. */
export interface Link {
  method: 'PUT' | 'GET'
  /** Path of the URL, from the first slash. */
  path: string
  /** Which artifact, and the one content type it travels as: both follow from the path and are not in the query. */
  artifact: string
  content_type: string
  /** PUT: the largest body, bytes. GET: how a browser treats it. */
  terms: number | 'inline' | 'attachment'
  /** Who asked for the link: an API key's or an account's id. */
  by: string
  /** Unix time, seconds. */
  expires: number
}

export const PUT_SECONDS = 30 * 60
export const GET_SECONDS = 60 * 60

const QUERY = /^terms=([0-9a-z]+)&expires=(\d+)&by=([0-9a-z_]+)&signature=([\w-]{43})$/

/**
 * The link as a URL below PUBLIC_URL.
 *
 * @example signLink(ctx, { method: 'PUT', path, artifact: 'video', content_type: 'video/mp4', terms: 5e9, by, expires })
 */
export function signLink(ctx: Pick<AppContext, 'signing' | 'config'>, link: Link): string {
  const { path, terms, expires, by } = link
  const signature = ctx.signing.sign('blob-url', signedText(link))
  return `${ctx.config.public_url}${path}?terms=${terms}&expires=${expires}&by=${by}&signature=${signature}`
}

/**
 * What a presented link grants. It is compared as it was sent, before anything is decoded, so that a link with
 * any other spelling is another link.
 *
 * @param url path and query of the request
 * @param artifact what the path names
 * @throws AppError bad_signature when it was not signed here or has expired, method_not_allowed when it was
 *   signed for the other method
 */
export function checkLink(
  ctx: Pick<AppContext, 'signing' | 'now'>,
  request: { method: string; url: string },
  artifact: { artifact: string; content_type: string },
): Link {
  const [path = '', query = ''] = split(request.url)
  const match = QUERY.exec(query)
  if (!match) throw new AppError('bad_signature')
  const [, terms = '', expires = '', by = '', signature = ''] = match
  const link = { path, ...artifact, ...meaning(terms), by, expires: Number(expires) }
  // Signed from the sent digits: a number printed anew would forgive a leading zero.
  const text = signedText({ ...link, terms, expires })
  if (!ctx.signing.verify('blob-url', text, signature)) throw new AppError('bad_signature')
  if (link.expires * 1000 <= ctx.now().getTime()) throw new AppError('bad_signature')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  if (method !== link.method) {
    throw new AppError('method_not_allowed', `This link is for ${link.method} only.`)
  }
  return link
}

function signedText(link: Record<Exclude<keyof Link, 'terms' | 'expires'>, string> & Loose): string {
  const { method, path, artifact, content_type, terms, expires, by } = link
  return [method, path, artifact, content_type, terms, expires, by].join('\n')
}

interface Loose {
  terms: string | number
  expires: string | number
}

function meaning(terms: string): Pick<Link, 'method' | 'terms'> {
  if (terms === 'inline' || terms === 'attachment') return { method: 'GET', terms }
  return { method: 'PUT', terms: Number(terms) }
}

function split(url: string): [string, string] {
  const at = url.indexOf('?')
  return at < 0 ? [url, ''] : [url.slice(0, at), url.slice(at + 1)]
}
