import type { Host } from '../host.ts'
import { clean, rows, say } from '../print.ts'
import type { Column } from './column.ts'
import type { Format } from './format.ts'
import { csvLine, jsonLine, yamlText } from './safe-text.ts'
import { makeTable } from './table.ts'

/** A list, and what it takes to write it in every format. */
export interface Listed<Row> {
  items: AsyncIterable<Row> | Iterable<Row>
  columns: readonly Column<Row>[]
  /** What `ids` prints. */
  id: (row: Row) => string
  /** On a terminal, in place of an empty table. */
  none: string
}

/**
 * Writes a list as it arrives: the first page is there before the second one is asked for.
 *
 * @returns how many there were
 * @example await writeList(host, formatOf(host, given), { items, columns, id: ({ id }) => id, none: 'No devices.' })
 */
export async function writeList<Row>(host: Host, format: Format, listed: Listed<Row>): Promise<number> {
  const writer = WRITERS[format](host, listed)
  let many = 0
  for await (const row of listed.items) {
    writer.add(row, many)
    many++
  }
  writer.end(many)
  return many
}

interface Writer<Row> {
  add: (row: Row, before: number) => void
  end: (many: number) => void
}

const WRITERS: Record<Format, <Row>(host: Host, listed: Listed<Row>) => Writer<Row>> = {
  table: (host, { columns, none }) => {
    const table = makeTable(host, columns)
    return {
      add: table.add,
      end: (many) => {
        table.end()
        if (many === 0 && !host.quiet) host.err.write(`${none}\n`)
      },
    }
  },
  // One item a line, so that a long list can be read line by line as well.
  json: (host) => ({
    add: (row, before) => host.out.write(`${before === 0 ? '[' : ','}\n${jsonLine(row)}`),
    end: (many) => host.out.write(many === 0 ? '[]\n' : '\n]\n'),
  }),
  yaml: (host) => ({
    add: (row) => host.out.write(yamlText([row])),
    end: (many) => {
      if (many === 0) host.out.write('[]\n')
    },
  }),
  csv: (host, { columns }) => {
    host.out.write(csvLine(columns.map(({ name }) => name)))
    return { add: (row) => host.out.write(csvLine(columns.map(({ value }) => value(row)))), end: () => {} }
  },
  ids: (host, { id }) => ({ add: (row) => say(host, clean(id(row))), end: () => {} }),
}

/** One thing, and what it takes to write it in every format. */
export interface Shown<Item extends object> {
  item: Item
  /** For people. */
  facts: [label: string, value: string][]
  columns: readonly Column<Item>[]
  id: string
}

/** Writes one thing. @example writeItem(host, formatOf(host, given), { item, facts, columns, id: item.id }) */
export function writeItem<Item extends object>(host: Host, format: Format, shown: Shown<Item>): void {
  const { item, facts, columns, id } = shown
  if (format === 'table') rows(host, facts)
  else if (format === 'json') say(host, jsonLine(item))
  else if (format === 'yaml') host.out.write(yamlText(item))
  else if (format === 'ids') say(host, clean(id))
  else {
    host.out.write(csvLine(columns.map(({ name }) => name)))
    host.out.write(csvLine(columns.map(({ value }) => value(item))))
  }
}
