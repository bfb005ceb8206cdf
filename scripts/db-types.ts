import { readFileSync, writeFileSync } from 'node:fs'
import Sqlite from 'better-sqlite3'
import { z } from 'zod'

/**
 * Makes server/db/schema.gen.ts from schema.sql: exact numbers, nullability, and unions from CHECK lists.
 *
 *   npx tsx scripts/db-types.ts           writes the file
 *   npx tsx scripts/db-types.ts --check   exits 1 when it is stale
 */
const TARGET = new URL('../server/db/schema.gen.ts', import.meta.url)
const NUMBERS = new Set(['BIGINT', 'INTEGER', 'DOUBLE PRECISION'])

const tableRow = z.object({ name: z.string(), sql: z.string() })
const columnRow = z.object({ name: z.string(), type: z.string(), notnull: z.number() })

export function schemaTypes(schema: string): string {
  const db = new Sqlite(':memory:')
  db.exec(schema)
  const tables = z
    .array(tableRow)
    .parse(db.prepare("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY name").all())
  const interfaces = tables.map(({ name, sql }) => {
    const columns = z.array(columnRow).parse(db.prepare(`SELECT * FROM pragma_table_info('${name}')`).all())
    const lines = columns.map((column) => `  ${column.name}: ${typeOf(column, sql)}`)
    return `export interface ${pascal(name)}Table {\n${lines.join('\n')}\n}\n`
  })
  const schemaLines = tables.map(({ name }) => `  ${name}: ${pascal(name)}Table`)
  return [
    '// Made from schema.sql by scripts/db-types.ts; do not edit.\n',
    `export interface Schema {\n${schemaLines.join('\n')}\n}\n`,
    ...interfaces,
  ].join('\n')
}

function typeOf(column: z.infer<typeof columnRow>, sql: string): string {
  const list = new RegExp(`CHECK \\(${column.name} IN \\(([^)]*)\\)\\)`).exec(sql)?.[1]
  const base = list
    ? list
        .split(',')
        .map((value) => value.trim())
        .join(' | ')
    : NUMBERS.has(column.type)
      ? 'number'
      : 'string'
  return column.notnull ? base : `${base} | null`
}

function pascal(name: string): string {
  return name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
}

const made = schemaTypes(readFileSync(new URL('../schema.sql', import.meta.url), 'utf8'))
if (process.argv.includes('--check')) {
  if (readFileSync(TARGET, 'utf8') !== made) {
    console.error('Error: server/db/schema.gen.ts is stale.\nTry: npm run gen')
    process.exitCode = 1
  }
} else {
  writeFileSync(TARGET, made)
}
