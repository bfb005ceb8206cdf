import { Document, visit } from 'yaml'
import { toJson } from '../../sdk/json.ts'

/**
 * What would steer a terminal or what nobody would see. In data it is spelled out instead of removed: nothing is lost,
 * and a log that ends up on a terminal does no harm.
 */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u
const ALL_UNSEEN = new RegExp(UNSEEN.source, 'gu')

/** One JSON text on one line; a bigint keeps every digit. @example jsonLine({ seed: 2n ** 63n }) */
export function jsonLine(value: unknown): string {
  return toJson(value).replace(ALL_UNSEEN, (character) => character.replace(/[\s\S]/g, escaped))
}

/** `\u0085`: JSON and YAML both read it, within double quotes. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A YAML 1.2 document without its `---`; texts with something unseen in them are quoted and spelled out. */
export function yamlText(value: unknown): string {
  const document = new Document(value, { version: '1.2', aliasDuplicateObjects: false })
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && UNSEEN.test(node.value)) node.type = 'QUOTE_DOUBLE'
    },
  })
  const text = document.toString({ lineWidth: 0, doubleQuotedMinMultiLineLength: 1_000_000 })
  return text.replace(ALL_UNSEEN, (character) => {
    if (character === '\n') return character
    const code = character.codePointAt(0) ?? 0
    return code > 0xffff ? `\\U${code.toString(16).padStart(8, '0')}` : escaped(character)
  })
}

/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/

/**
 * One line of CSV (RFC 4180), as the audit trail's export writes it: texts that could begin a formula get an apostrophe
 * before them, and what nobody would see is spelled out, so that every row stays on its line.
 *
 * @example csvLine([7, '=1+1', 'a "b"', null]) // '7,"\'=1+1","a ""b""",\r\n'
 */
export function csvLine(values: readonly Cell[]): string {
  return `${values.map(cell).join(',')}\r\n`
}

/** What a column of CSV can hold. */
export type Cell = string | number | bigint | boolean | null

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value !== 'string') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  const seen = safe.replace(ALL_UNSEEN, (character) => character.replace(/[\s\S]/g, escaped))
  return /^[\w.:/-]*$/.test(seen) ? seen : `"${seen.replaceAll('"', '""')}"`
}
