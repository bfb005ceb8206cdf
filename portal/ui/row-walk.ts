import { useShortcuts } from './keyboard.ts'

/**
 * `j` and `k` move the focus from row to row, `x` selects; Enter then follows the link by itself. The link of a row has
 * the id `row-<id>`.
 *
 * @param show scrolls to a row that does not exist yet
 * @returns what says where the focus came by itself
 * @example const walk = useRowWalk(() => props.devices, (index) => virtual.scrollToIndex(index), toggle)
 */
export function useRowWalk<Row extends { id: string }>(
  rows: () => readonly Row[],
  show: (index: number) => void,
  select: (row: Row) => void,
): { set: (index: number) => void } {
  let at = -1
  /** Where the focus is; what came at the top since has moved it down. */
  const focused = (): number => {
    const { id } = document.activeElement ?? {}
    return id ? rows().findIndex((row) => id === `row-${row.id}`) : -1
  }
  const go = (step: number): void => {
    const from = focused()
    const next = Math.min(Math.max((from < 0 ? at : from) + step, 0), rows().length - 1)
    const id = rows()[next]?.id
    if (!id) return
    at = next
    if (!focusRow(id)) {
      show(next)
      requestAnimationFrame(() => requestAnimationFrame(() => focusRow(id)))
    }
  }
  const mark = (): void => {
    const row = rows()[focused()]
    if (row) select(row)
  }
  useShortcuts({ j: () => go(1), k: () => go(-1), x: mark })
  return {
    set: (index) => {
      at = index
    },
  }
}

function focusRow(id: string): boolean {
  const link = document.getElementById(`row-${id}`)
  link?.focus({ preventScroll: true })
  link?.closest('[data-row]')?.scrollIntoView({ block: 'nearest' })
  return link !== null
}
