/** What a spreadsheet takes for the beginning of a formula. */
const FORMULA = /^[=+\-@\t\r]/

/** Line breaks, escape sequences and marks that turn the direction of writing around. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/**
 * One line of CSV (RFC 4180). Every cell stays on its line and is read as text: what could begin a formula gets an
 * apostrophe before it, and what nobody would see is spelled out.
 *
 * @example csvLine([7, '=1+1', 'a "b"', null]) // '7,"\'=1+1","a ""b""",\r\n'
 */
export function csvLine(values: readonly (string | number | null)[]): string {
  return `${values.map(cell).join(',')}\r\n`
}

function cell(value: string | number | null): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const safe = FORMULA.test(value) ? `'${value}` : value
  const seen = safe.replace(
    UNSEEN,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return /^[\w.:/-]*$/.test(seen) ? seen : `"${seen.replaceAll('"', '""')}"`
}
