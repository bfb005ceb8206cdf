import { EXIT, Failure } from './failure.ts'

/**
 * `name=value`, split at the first equals sign.
 *
 * @param example for the hint when there is none
 * @throws Failure
 */
export function valuePair(text: string, example: string): [name: string, value: string] {
  const at = text.indexOf('=')
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)]
  throw new Failure('A field is written name=value.', { hint: `\`${example}\``, status: EXIT.usage })
}

/**
 * What a text means where JSON is written: a number, true, false, null, a list or an object is that; everything else
 * is the text itself. An integer that JavaScript would round stays a text, with all its digits.
 *
 * @example typedValue('42') // 42
 * @example typedValue('pick') // 'pick'
 */
export function typedValue(text: string): unknown {
  if (!/^(?:-?\d|true$|false$|null$|[[{"])/.test(text)) return text
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value
  } catch {
    return text
  }
}
