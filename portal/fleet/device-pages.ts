import { createComputed, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { api, type Device } from '../api.ts'
import { queryClient } from '../query-client.ts'
import { type DeviceFilter, toInput } from './filter.ts'
import { devicesTouched, type Place } from './fleet-queries.ts'

/** So many rows travel at once: a screen and a half of scrolling. */
const PAGE_SIZE = 100
/** While somebody scrolls far, the way there is covered in larger steps. */
const FAR_PAGE_SIZE = 200
const REFRESH_MS = 6_000

interface Page {
  items: Device[]
  next: string | null
}

type Answer = Awaited<ReturnType<typeof api.fleet.list.query>>

/** How many there are of each sort. */
export type Counts = Answer['counts']

interface Question {
  place: Place
  filter: DeviceFilter
}

/** What the table showed last, so that coming back from a device finds it as it was. */
let kept: { key: string; pages: Page[]; head: Head } | undefined

type Head = Pick<Answer, 'total' | 'counts'>

export interface DevicePages {
  rows: () => readonly Device[]
  /** How many fit the filter, loaded or not; undefined until the first answer. */
  total: () => number | undefined
  counts: () => Counts | undefined
  /** Nothing is there yet that belongs to this question. */
  pending: () => boolean
  /** Why the last question was not answered; what was loaded before stays. */
  error: () => unknown
  /** These rows are on the screen: they are loaded, and looked at again every few seconds. */
  show: (first: number, last: number) => void
  retry: () => void
}

/**
 * The devices of a place, page by page. Only the pages on the screen are asked for again, so that a fleet of
 * thousands costs what a screenful costs; each page begins where the one before it ends now.
 */
export function createDevicePages(question: () => Question): DevicePages {
  const key = createMemo(() => JSON.stringify(question()))
  const [pages, setPages] = createSignal<Page[]>([])
  const [head, setHead] = createSignal<Head>()
  const [answered, setAnswered] = createSignal<string>()
  const [error, setError] = createSignal<unknown>()
  let visible = { first: 0, last: 0 }
  let running: Promise<void> | undefined

  const load = async (at: number, size: number): Promise<boolean> => {
    const asked = key()
    const isFirst = answered() !== asked
    const cursor = at === 0 ? undefined : (pages()[at - 1]?.next ?? undefined)
    const { place, filter } = question()
    const answer = await queryClient.fetchQuery({
      queryKey: ['devices', asked, cursor, size],
      queryFn: () => api.fleet.list.query({ ...place, ...toInput(filter), cursor, limit: size }),
      gcTime: 0,
    })
    if (key() !== asked) return false
    const page = { items: answer.items, next: answer.next_cursor }
    setPages((all) => [...all.slice(0, at), page, ...(isFirst || !page.next ? [] : all.slice(at + 1))])
    setHead({ total: answer.total, counts: answer.counts })
    setAnswered(asked)
    setError(undefined)
    kept = { key: asked, pages: pages(), head: answer }
    return true
  }

  /** Looks again at the pages on the screen, then loads on until they reach its end. */
  const work = async (again: boolean): Promise<void> => {
    try {
      if (answered() !== key()) {
        if (!(await load(0, PAGE_SIZE))) return
      } else if (again) {
        for (const at of overlapping(pages(), visible)) {
          if (!(await load(at, Math.max(PAGE_SIZE, pages()[at]?.items.length ?? 0)))) return
        }
      }
      while (lengthOf(pages()) <= visible.last && hasMore(pages())) {
        const far = visible.last - lengthOf(pages()) > PAGE_SIZE
        if (!(await load(pages().length, far ? FAR_PAGE_SIZE : PAGE_SIZE))) return
      }
    } catch (problem) {
      setError(problem)
    }
  }
  const run = (again: boolean): void => {
    if (running) return
    running = work(again).finally(() => {
      running = undefined
      // Somebody scrolled on, or asked something else, in the meantime.
      const behind = lengthOf(pages()) <= visible.last && hasMore(pages())
      if (!error() && (answered() !== key() || behind)) run(false)
    })
  }

  // Another filter keeps the old rows on the screen until its own are there; another place never.
  const place = createMemo(() => JSON.stringify(question().place))
  createComputed(
    on(place, () => {
      setPages([])
      setHead(undefined)
    }),
  )
  createComputed(
    on(key, (asked) => {
      visible = { first: 0, last: 0 }
      setError(undefined)
      if (kept?.key === asked) {
        setPages(kept.pages)
        setHead(kept.head)
        setAnswered(asked)
      }
      run(true)
    }),
  )
  createEffect(on(devicesTouched, () => run(true), { defer: true }))
  refreshWhileVisible(() => run(true))

  return {
    rows: createMemo(() => unique(pages())),
    total: () => head()?.total,
    counts: () => head()?.counts,
    pending: () => answered() !== key(),
    error,
    show(first, last) {
      visible = { first, last }
      if (lengthOf(pages()) <= last && hasMore(pages())) run(false)
    },
    retry: () => run(true),
  }
}

function lengthOf(pages: Page[]): number {
  return pages.reduce((sum, page) => sum + page.items.length, 0)
}

function hasMore(pages: Page[]): boolean {
  return pages.length === 0 || pages.at(-1)?.next !== null
}

/** Which pages hold these rows. */
function overlapping(pages: Page[], { first, last }: { first: number; last: number }): number[] {
  let start = 0
  return pages.flatMap((page, at) => {
    const [from, to] = [start, start + page.items.length]
    start = to
    return (from <= last && to > first) || pages.length === 1 ? [at] : []
  })
}

/** All rows in order, each once: a page that has grown may reach into the one behind it. */
function unique(pages: Page[]): Device[] {
  const seen = new Set<string>()
  return pages
    .flatMap((page) => page.items)
    .filter(({ id }) => {
      if (seen.has(id)) return false
      seen.add(id)
      return true
    })
}

/** Calls again every few seconds, but not for a page that nobody looks at, and at once when somebody does again. */
function refreshWhileVisible(refresh: () => void): void {
  const look = (): void => {
    if (document.visibilityState === 'visible') refresh()
  }
  const timer = setInterval(look, REFRESH_MS)
  document.addEventListener('visibilitychange', look)
  onCleanup(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
  })
}
