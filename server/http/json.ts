import { parse as parseExact, parseNumberAndBigInt, stringify as stringifyExact } from 'lossless-json'
import { AppError, type FieldError } from '../errors.ts'

/**
 * JSON in and out without losing integers: a 64-bit seed or a nanosecond stamp beyond 2^53 becomes a bigint
 * instead of a rounded number. Texts without such digits take the engine's own parser.
 */

/** Sixteen digits in a row may stand for an integer that a double cannot hold. */
const LONG_INTEGER = /\d{16}/

/** Deeper than any recording's metadata needs, and shallow enough for every recursive reader of it. */
const MAX_DEPTH = 64

const MAX_DIGITS = 1000
const TOO_LONG = `A number in the body has more than ${MAX_DIGITS} digits.`

/**
 * @throws AppError invalid_request naming the field, also for NaN and Infinity, which some Python clients send
 * @example parseJson('{"seed": 18446744073709551615}') // { seed: 18446744073709551615n }
 */
export function parseJson(text: string): unknown {
  const value = LONG_INTEGER.test(text) ? attempt(text, parseExactly) : attempt(text, JSON.parse)
  const fault = findFault(value, 0)
  if (fault) throw new AppError('invalid_request', `${fault.path}: ${fault.message}`, { errors: [fault] })
  return value
}

/** @example stringifyJson({ seed: 18446744073709551615n }) // '{"seed":18446744073709551615}' */
export function stringifyJson(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch {
    // Only a bigint makes JSON.stringify throw here: what we hold came out of JSON and has no cycle.
    return stringifyExact(value) ?? 'null'
  }
}

function parseExactly(text: string): unknown {
  return parseExact(text, undefined, {
    parseNumber: (digits) => {
      // Reading a number costs the square of its length: nobody measures with a thousand digits.
      if (digits.length > MAX_DIGITS) throw new AppError('invalid_request', TOO_LONG)
      const number = parseNumberAndBigInt(digits)
      return typeof number === 'bigint' && Number.isSafeInteger(Number(number)) ? Number(number) : number
    },
    onDuplicateKey: ({ newValue }) => newValue,
  })
}

function attempt(text: string, parser: (text: string) => unknown): unknown {
  try {
    return parser(text)
  } catch (cause) {
    throw cause instanceof AppError ? cause : notJson(text, cause)
  }
}

function notJson(text: string, cause: unknown): AppError {
  const path = pathOfNonNumber(text)
  if (path === undefined) {
    return new AppError('invalid_request', 'The body is not valid JSON.', {}, { cause })
  }
  const message = 'must be a finite number; NaN and Infinity are not JSON. Send null instead'
  return new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

const MARK = '\u0000non-number'

/** Where a bare NaN or Infinity stands, or undefined when the text is broken in another way. */
function pathOfNonNumber(text: string): string | undefined {
  if (!/NaN|Infinity/.test(text)) return undefined
  try {
    return findPath(JSON.parse(markNonNumbers(text)), (value) => value === MARK, 0)
  } catch {
    return undefined
  }
}

const NON_NUMBERS = ['NaN', 'Infinity', '-Infinity', '-NaN']

/** One pass over the text, whatever it holds: a pattern that backtracks would let a stranger stop the process. */
function markNonNumbers(text: string): string {
  let marked = ''
  let from = 0
  let at = 0
  while (at < text.length) {
    if (text[at] === '"') {
      at = endOfString(text, at)
      continue
    }
    const word = 'NI-'.includes(text[at] ?? '')
      ? NON_NUMBERS.find((one) => text.startsWith(one, at))
      : undefined
    if (word) {
      marked += text.slice(from, at) + JSON.stringify(MARK)
      from = at + word.length
    }
    at += word?.length ?? 1
  }
  return marked + text.slice(from)
}

/** Just behind the quote that ends the string, or behind the text when nothing ends it. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/** What our own JSON could not say again: nesting without end, and numbers that a double rounds to infinity. */
function findFault(value: unknown, depth: number): FieldError | undefined {
  if (typeof value === 'number') {
    return Number.isFinite(value) ? undefined : { path: '', message: 'must be a number below 1.8e308' }
  }
  if (typeof value !== 'object' || value === null) return undefined
  if (depth >= MAX_DEPTH) return { path: '', message: `must not be nested deeper than ${MAX_DEPTH} levels` }
  for (const member of Object.keys(value)) {
    // A list's and an object's members are read alike.
    const below = findFault((value as Record<string, unknown>)[member], depth + 1)
    if (below) return { ...below, path: join(member, below.path) }
  }
  return undefined
}

function findPath(value: unknown, matches: (value: unknown) => boolean, depth: number): string | undefined {
  if (matches(value)) return ''
  if (typeof value !== 'object' || value === null || depth >= MAX_DEPTH) return undefined
  for (const [member, inner] of Object.entries(value)) {
    const below = findPath(inner, matches, depth + 1)
    if (below !== undefined) return join(member, below)
  }
  return undefined
}

function join(member: string, below: string): string {
  return below === '' ? member : `${member}.${below}`
}
