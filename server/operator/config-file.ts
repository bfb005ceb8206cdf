import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { closest } from 'fastest-levenshtein'
import { parse, TomlError } from 'smol-toml'
import { ConfigError } from '../config.ts'
import { fileKey, SETTING_NAMES, SETTINGS, type SettingName } from '../settings.ts'

/** What a `robotrace.toml` says: its values as a variable would write them, and everything wrong with how it says it. */
export interface ConfigFile {
  path: string
  values: Partial<Record<SettingName, string>>
  problems: string[]
  warnings: string[]
}

/** Looked for in this order where nobody names one. */
const PLACES = ['robotrace.toml', '/etc/robotrace/robotrace.toml']

const NAMES = new Map(SETTING_NAMES.map((name) => [fileKey(name), name]))

/**
 * The file that holds here: the one that is named, else `robotrace.toml` of the working folder, else that of
 * `/etc/robotrace`; undefined where there is none of them.
 *
 * @throws ConfigError for a named one that cannot be read, and for one that is no TOML
 * @example readConfigFile(undefined, '/srv/robotrace')?.values.PORT // '8080'
 */
export function readConfigFile(named: string | undefined, cwd: string): ConfigFile | undefined {
  const found = PLACES.map((place) => resolve(cwd, place)).find((place) => existsSync(place))
  const path = named === undefined ? found : resolve(cwd, named)
  if (path === undefined) return undefined
  const file: ConfigFile = { path, values: {}, problems: [], warnings: [] }
  for (const [key, value] of members(document(path))) readMember(file, key, value)
  if (holdsSecret(file) && isReadByOthers(path)) {
    file.warnings.push(`${path} holds a secret and others on this machine can read it: chmod 600 ${path}`)
  }
  return file
}

function document(path: string): object {
  try {
    return parse(readFileSync(path, 'utf8'))
  } catch (error) {
    if (error instanceof TomlError) {
      // Its own message quotes the line, which may hold a secret.
      const what = error.message.replace(/^Invalid TOML document: /, '').split('\n')[0]
      throw new ConfigError([`${path}: line ${error.line}, column ${error.column} is no TOML: ${what}`])
    }
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable'
    throw new ConfigError([`${path}: cannot be read (${code}). Check its path and who may read it`])
  }
}

/** A table groups a beginning: `issuer` below `[oidc]` is `oidc_issuer`. */
function* members(document: object): Generator<[key: string, value: unknown]> {
  for (const [key, value] of Object.entries(document)) {
    if (!isTable(value)) yield [key, value]
    else for (const [inner, member] of Object.entries(value)) yield [`${key}.${inner}`, member]
  }
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
}

function readMember(file: ConfigFile, key: string, value: unknown): void {
  const where = `${file.path}: ${key}`
  const flat = key.replace('.', '_')
  const name = NAMES.get(flat)
  if (name === undefined) {
    file.problems.push(`${where}: there is no such key. Did you mean ${closest(flat, [...NAMES.keys()])}?`)
    return
  }
  if (file.values[name] !== undefined) {
    file.problems.push(`${where}: is set twice, as ${flat} and in a table. Keep one`)
    return
  }
  const text = asText(name, value)
  if (text === undefined) file.problems.push(`${where}: must be ${WANTED[SETTINGS[name].kind ?? 'text']}`)
  else file.values[name] = isPath(name, text) ? resolve(dirname(file.path), text) : text
}

/** What each kind may be written as, for whoever wrote something else. */
const WANTED = {
  text: 'a text in quotes',
  number: 'a whole number such as 60',
  size: 'a size such as "64GiB", or a number of bytes',
  list: 'a list of texts such as ["10.0.0.0/8"]',
  path: 'a path in quotes',
  switch: 'true or false',
} as const

/** As a variable would write it; undefined for a value of another kind. */
function asText(name: SettingName, value: unknown): string | undefined {
  const { kind } = SETTINGS[name]
  if (typeof value === 'string') return value
  if (typeof value === 'number' && (kind === 'number' || kind === 'size' || kind === 'switch')) {
    return String(value)
  }
  if (typeof value === 'boolean' && kind === 'switch') return value ? '1' : '0'
  const isList = kind === 'list' && Array.isArray(value) && value.every((one) => typeof one === 'string')
  return isList ? value.join(', ') : undefined
}

function isPath(name: SettingName, text: string): boolean {
  return SETTINGS[name].kind === 'path' && text !== ''
}

function holdsSecret(file: ConfigFile): boolean {
  return SETTING_NAMES.some((name) => SETTINGS[name].secret && file.values[name])
}

function isReadByOthers(path: string): boolean {
  return (statSync(path).mode & 0o044) !== 0
}
