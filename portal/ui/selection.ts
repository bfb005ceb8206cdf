import { createSignal } from 'solid-js'

/** The rows that something is about to be done to. */
export interface Selection<Row> {
  all: () => readonly Row[]
  has: (id: string) => boolean
  /** @param range also everything between the one that was chosen before and this one, in the order of `rows` */
  set: (row: Row, on: boolean, range: boolean, rows: readonly Row[]) => void
  toggle: (row: Row) => void
  /** As many of them as can be. */
  addAll: (rows: readonly Row[]) => void
  clear: () => void
}

/**
 * @param most so many at once
 * @example const selection = createSelection<Device>(200)
 */
export function createSelection<Row extends { id: string }>(most: number): Selection<Row> {
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, Row>>(new Map())
  let last: string | undefined
  const change = (rows: readonly Row[], on: boolean): void => {
    const next = new Map(chosen())
    for (const row of rows) {
      if (!on) next.delete(row.id)
      else if (next.size < most) next.set(row.id, row)
    }
    setChosen(next)
  }
  return {
    all: () => [...chosen().values()],
    has: (id) => chosen().has(id),
    set(row, on, range, rows) {
      const from = rows.findIndex(({ id }) => id === last)
      const to = rows.findIndex(({ id }) => id === row.id)
      const between = range && from >= 0 && to >= 0
      change(between ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [row], on)
      last = row.id
    },
    toggle(row) {
      last = row.id
      change([row], !chosen().has(row.id))
    },
    addAll: (rows) => change(rows, true),
    clear: () => setChosen(new Map()),
  }
}
