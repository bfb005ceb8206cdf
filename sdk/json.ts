import { ConfigurationError } from './errors.ts'

/**
 * JSON text that keeps every digit of a bigint, and refuses what `JSON.stringify` would silently turn
 * into null (NaN, Infinity) or drop. Members that are undefined are left out.
 *
 * @example toJson({ seed: 2n ** 63n }) // '{"seed":9223372036854775808}'
 * @throws ConfigurationError naming the member that JSON cannot hold
 */
export function toJson(value: unknown): string {
  return write(value, [], [])
}

/** The object a JSON text holds; undefined when the text is not JSON or holds something else. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** True for what JSON calls an object: neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function write(value: unknown, path: string[], parents: object[]): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw refuse(path, `is ${value}, which JSON cannot hold`)
    return JSON.stringify(value)
  }
  if (typeof value !== 'object') throw refuse(path, `is a ${typeof value}, which JSON cannot hold`)
  if (parents.includes(value)) throw refuse(path, 'refers back to what it is part of')
  return writeObject(value, path, [...parents, value])
}

function writeObject(value: object, path: string[], parents: object[]): string {
  if (Array.isArray(value)) {
    return `[${Array.from(value, (item, index) => write(item ?? null, [...path, String(index)], parents)).join()}]`
  }
  if (ArrayBuffer.isView(value))
    throw refuse(path, 'is binary; upload it as an artifact, or use a plain array')
  if ('toJSON' in value && typeof value.toJSON === 'function') return write(value.toJSON(), path, parents)
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([name, member]) => `${JSON.stringify(name)}:${write(member, [...path, name], parents)}`)
  return `{${members.join()}}`
}

function refuse(path: string[], what: string): ConfigurationError {
  return new ConfigurationError(`${path.join('.') || 'The body'} ${what}.`)
}
