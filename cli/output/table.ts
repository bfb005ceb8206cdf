import type { Host } from '../host.ts'
import { clean, type Paint, paint, say } from '../print.ts'
import type { Column } from './column.ts'

/** How many rows decide how wide the columns are; what comes later is cut to fit. */
const ROWS_MEASURED = 200
const GAP = '  '
const LEAST_ELASTIC = 10

/** A table that is written as its rows arrive. */
export interface Table<Row> {
  add: (row: Row) => void
  /** Writes what is still held back. */
  end: () => void
}

/**
 * Aligned columns under a dim heading. On a terminal it never is wider than that: columns that say they may are left
 * out first, the elastic ones are cut, with an ellipsis. In a pipe everything is there in full.
 *
 * @example const table = makeTable(host, columns); for (const row of rows) table.add(row); table.end()
 */
export function makeTable<Row>(host: Host, columns: readonly Column<Row>[]): Table<Row> {
  const shown = columns.filter(({ heading }) => heading !== undefined)
  const style = paint(host.out, host.env)
  let waiting: Row[] | undefined = []
  let layout: Laid<Row>[] = []
  const begin = (rows: Row[]): void => {
    waiting = undefined
    layout = layOut(host, shown, rows)
    const heading = layout.map((one) => aligned(one, one.column.heading ?? ''))
    say(host, style.dim(heading.join(GAP).trimEnd()))
    for (const row of rows) write(row)
  }
  const write = (row: Row): void => {
    const cells = layout.map((one) => painted(one, row, style))
    say(host, cells.join(GAP).trimEnd())
  }
  return {
    add: (row) => {
      if (waiting === undefined) write(row)
      else if (waiting.push(row) === ROWS_MEASURED) begin(waiting)
    },
    end: () => {
      if (waiting && waiting.length > 0) begin(waiting)
    },
  }
}

interface Laid<Row> {
  column: Column<Row>
  width: number
}

function layOut<Row>(host: Host, columns: readonly Column<Row>[], rows: Row[]): Laid<Row>[] {
  const laid = columns.map((column) => {
    const widths = rows.map((row) => widthOf(textOf(column, row)))
    return { column, width: Math.max(widthOf(column.heading ?? ''), ...widths) }
  })
  return host.out.tty ? fit(laid, host.out.columns || 80) : laid
}

/** Elastic columns first lose their spare room; when that is not enough, the least important columns go. */
function fit<Row>(laid: Laid<Row>[], room: number): Laid<Row>[] {
  const spare = laid.reduce((sum, { width }) => sum + width + GAP.length, -GAP.length) - room
  if (spare <= 0) return laid
  const elastic = laid.filter(({ column, width }) => column.elastic && width > LEAST_ELASTIC)
  const give = elastic.reduce((sum, { width }) => sum + width - LEAST_ELASTIC, 0)
  const least = Math.max(0, ...laid.map(({ column }) => column.drop ?? 0))
  if (give < spare && least > 0) {
    const last = laid.findLastIndex(({ column }) => column.drop === least)
    return fit(laid.toSpliced(last, 1), room)
  }
  return shrink(laid, Math.min(spare, give))
}

/** One character at a time from the widest, so that long ones end up equally long. */
function shrink<Row>(laid: Laid<Row>[], by: number): Laid<Row>[] {
  const result = laid.map((one) => ({ ...one }))
  for (let taken = 0; taken < by; taken++) {
    const widest = result
      .filter(({ column }) => column.elastic)
      .reduce((most, one) => (one.width > most.width ? one : most))
    widest.width--
  }
  return result
}

function painted<Row>(laid: Laid<Row>, row: Row, style: Paint): string {
  const { column } = laid
  const text = aligned(laid, textOf(column, row))
  const look = column.look?.(row)
  return look === undefined ? text : style[look](text)
}

/** Always cleaned: what stands in a table came from a server. */
function textOf<Row>(column: Column<Row>, row: Row): string {
  const text = column.shown ? column.shown(row) : String(column.value(row) ?? '')
  return clean(text) || '–'
}

function aligned<Row>({ column, width }: Laid<Row>, text: string): string {
  const cut = cutTo(text, width)
  const gap = ' '.repeat(Math.max(0, width - widthOf(cut)))
  return column.right ? gap + cut : cut + gap
}

function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let cut = ''
  for (const character of text) {
    if (widthOf(cut + character) > width - 1) break
    cut += character
  }
  return `${cut}…`
}

const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u{ff01}-\u{ff60}\p{Emoji_Presentation}]/u

/** How many places of a terminal a text takes. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += /\p{M}/u.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}
