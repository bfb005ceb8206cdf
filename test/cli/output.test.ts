import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { csvLine, jsonLine, yamlText } from '../../cli/output/safe-text.ts'
import { makeTable, widthOf } from '../../cli/output/table.ts'
import { ago, ahead, span } from '../../cli/words.ts'
import { testHost } from './test-host.ts'

/** An escape sequence, a C1 control, a turned direction of writing, a line separator, an invisible tag. */
const EVIL = 'a\u001b[2J\u009b31m\u202eb\u2028c\u{e0041}\r\nd'
const STEERING = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2028\u{e0041}]/u

describe('what a server says', () => {
  test('reaches JSON and YAML whole, without steering a terminal', () => {
    const value = { name: EVIL, [`key${EVIL}`]: [EVIL], seed: 18446744073709551615n, none: null }
    expect(jsonLine(value)).not.toMatch(STEERING)
    expect(yamlText(value)).not.toMatch(STEERING)
    expect(JSON.parse(jsonLine({ name: EVIL }))).toEqual({ name: EVIL })
    expect(parse(yamlText({ name: EVIL, [EVIL]: 1 }))).toEqual({ name: EVIL, [EVIL]: 1 })
    expect(jsonLine(value)).toContain('"seed":18446744073709551615')
    expect(yamlText(value)).toContain('seed: 18446744073709551615\n')
  })

  test('stays text in YAML, whatever it looks like', () => {
    const value = {
      a: 'yes',
      b: '007',
      c: 'null',
      d: '- x',
      e: '#',
      f: '2026-05-04',
      g: '',
      h: '*a',
      i: '1e3',
    }
    expect(parse(yamlText(value))).toEqual(value)
  })

  test('is no formula in CSV, stays on its line, and numbers stay numbers', () => {
    expect(csvLine(['=1+1', '+1', '-1', '@a', -1, true, null])).toBe(
      `"'=1+1","'+1",'-1,"'@a",-1,true,\r\n`.replace("'-1", `"'-1"`),
    )
    expect(csvLine(['a "b", c', EVIL])).toBe(
      '"a ""b"", c","a\\u001b[2J\\u009b31m\\u202eb\\u2028c\\udb40\\udc41\\u000d\\u000ad"\r\n',
    )
  })
})

interface Row {
  name: string
  size: number
  note: string
}

const COLUMNS = [
  { name: 'name', heading: 'NAME', value: ({ name }: Row) => name, elastic: true },
  { name: 'size', heading: 'SIZE', value: ({ size }: Row) => size, right: true },
  { name: 'note', heading: 'NOTE', value: ({ note }: Row) => note, drop: 1 },
]

function drawn(rows: Row[], columns?: number, env: Record<string, string> = { NO_COLOR: '1' }): string[] {
  const host = testHost({ columns, env })
  const table = makeTable(host, COLUMNS)
  for (const row of rows) table.add(row)
  table.end()
  return host.stdout().split('\n').slice(0, -1)
}

describe('a table', () => {
  const rows = [
    { name: 'arm-7', size: 5, note: 'by the window' },
    { name: '機械の腕 number eight', size: 12345, note: EVIL },
  ]

  test('has aligned columns, numbers on the right, and wide characters counted as two', () => {
    const lines = drawn(rows)
    expect(lines[0]).toBe('NAME                    SIZE  NOTE')
    expect(lines[1]).toBe('arm-7                      5  by the window')
    expect(widthOf(lines[2]?.split('  ')[0] ?? '')).toBe(21)
    expect(lines.join('')).not.toMatch(STEERING)
  })

  test.each([80, 44, 30, 24, 20])('never is wider than a terminal of %i columns', (columns) => {
    for (const line of drawn(rows, columns)) expect(widthOf(line)).toBeLessThanOrEqual(columns)
  })

  test('cuts with an ellipsis, and leaves out first what may be left out', () => {
    expect(drawn(rows, 20).join('\n')).toContain('…')
    expect(drawn(rows, 24)[0]).not.toContain('NOTE')
  })

  test('is in full in a pipe, and colourless there and with NO_COLOR', () => {
    expect(drawn(rows, undefined, {}).join('')).not.toContain('\u001b')
    expect(drawn(rows, 80).join('')).not.toContain('\u001b')
    expect(drawn(rows, 80, { TERM: 'xterm' }).join('')).toContain('\u001b[2m')
  })
})

test('times are said in the shortest words that tell', () => {
  const now = Date.parse('2026-05-04T20:08:14Z')
  const at = (seconds: number): string => new Date(now + seconds * 1000).toISOString()
  expect([0, 30, 200, 3599, 7200, 86400 * 3, 86400 * 60].map((s) => ago(at(-s), now))).toEqual([
    'just now',
    '30 s ago',
    '3 min ago',
    '1 h ago',
    '2 h ago',
    '3 d ago',
    '2026-03-05',
  ])
  expect([ago(null, now), ahead(null, now), ahead(at(-1), now), ahead(at(3600 * 24 * 90), now)]).toEqual([
    'never',
    'never',
    'over',
    'in 90 d',
  ])
  expect(['30s', '5m', '2h', '90d', '1w', 's', '-1s', ''].map(span)).toEqual([
    30_000,
    300_000,
    7_200_000,
    7_776_000_000,
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})
