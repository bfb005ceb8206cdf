import type { Paint } from '../print.ts'
import type { Cell } from './safe-text.ts'

/** One column of a list: what programs get of it, and how people see it. */
export interface Column<Row> {
  /** Its name in CSV, which stays as it is. */
  name: string
  /** What CSV holds. */
  value: (row: Row) => Cell
  /** Over the column of a table; absent: not in the table. */
  heading?: string
  /** In the table; absent: the value. */
  shown?: (row: Row) => string
  /** Numbers stand on the right. */
  right?: boolean
  /** May be cut where a terminal is narrow. */
  elastic?: boolean
  /** May be left out where a terminal is narrow: the highest first. */
  drop?: number
  /** Beside a word that says the same. */
  look?: (row: Row) => keyof Omit<Paint, 'link'> | undefined
}
