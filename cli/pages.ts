import type { RequestOptions } from '../sdk/request.ts'
import type { Method } from '../sdk/transport.ts'

/** The largest page that every list answers. */
const PAGE = 100

/** Whoever makes calls; a {@linkcode Client} does. */
export interface Asker {
  request: <Body extends object>(method: Method, path: string, options?: RequestOptions) => Promise<Body>
}

/**
 * All items of a list, page after page, each fetched when the one before has been used up.
 *
 * @param most how many at most
 * @example for await (const device of pagesOf<Device>(client, path, { status: 'online' })) …
 */
export async function* pagesOf<Item>(
  client: Asker,
  path: string,
  query: RequestOptions['query'] = {},
  most: number = Number.POSITIVE_INFINITY,
): AsyncGenerator<Item, void, undefined> {
  let cursor: string | undefined
  let left = most
  do {
    const page = await client.request<{ items: Item[]; next_cursor?: string | null }>('GET', path, {
      query: { ...query, page_size: Math.min(PAGE, left), cursor },
    })
    for (const item of page.items.slice(0, left)) yield item
    left -= page.items.length
    cursor = page.next_cursor ?? undefined
  } while (cursor !== undefined && left > 0)
}
