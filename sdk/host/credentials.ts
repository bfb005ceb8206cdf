import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, sep } from 'node:path'
import process from 'node:process'
import { parse, TomlError } from 'smol-toml'
import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../json.ts'
import type { Profile } from '../runtime.ts'
import { readEnv } from './env.ts'

/** One sign-in as the credentials file holds it; members we do not know are kept when it is written again. */
export interface SavedProfile extends Profile {
  /** The organization. */
  client_id?: string
  /** Who signed in. */
  user_email?: string
  /** When, `YYYY-MM-DDTHH:MM:SSZ`. */
  written_at?: string
  /** The scopes that were asked for beside the usual ones, separated by spaces. */
  scopes?: string
}

/** How it is called in sentences. */
export const CREDENTIALS_FILE = 'credentials file'

/** A whole file: tables by name, and the notation to keep (JSON is what Python 3.10 can read). */
export interface TablesFile {
  form: 'toml' | 'json'
  content: Record<string, unknown>
}

/** `$ROBOTRACE_HOME/credentials`, or `~/.robotrace/credentials`. */
export function credentialsPath(env: (name: string) => string | undefined = readEnv): string {
  return join(env('ROBOTRACE_HOME') ?? join(home(env), '.robotrace'), 'credentials')
}

/**
 * One profile of the credentials file: TOML, or the JSON form that old Python clients can read as well.
 *
 * @example readProfile('default')?.base_url
 * @throws ConfigurationError when the file is there and cannot be read; its content is never shown
 */
export function readProfile(name: string, path: string = credentialsPath()): SavedProfile | undefined {
  return listProfiles(path).get(name)
}

/**
 * Every profile of the file by its name, empty when there is no file.
 *
 * @example for (const [name, { base_url }] of listProfiles()) console.log(name, base_url)
 * @throws ConfigurationError when the file is there and cannot be read
 */
export function listProfiles(path: string = credentialsPath()): Map<string, SavedProfile> {
  const profiles = new Map<string, SavedProfile>()
  for (const [name, value] of Object.entries(readCredentials(path)?.content ?? {})) {
    if (isRecord(value)) profiles.set(name, profileOf(value))
  }
  return profiles
}

/** The file as it is; undefined when there is none. The one reader, also for whoever writes it again. */
export function readCredentials(path: string): TablesFile | undefined {
  return readTables(path, CREDENTIALS_FILE)
}

/**
 * A file of tables, TOML or JSON; undefined when there is none.
 *
 * @param what how sentences call it; its content is never shown
 * @throws ConfigurationError when it is there and cannot be read
 */
export function readTables(path: string, what: string): TablesFile | undefined {
  const text = readText(path, what)
  return text === undefined ? undefined : parseTables(text, path, what)
}

/**
 * A sentence when others on this machine may read or change the file; undefined when all is well, or there
 * is no file. Containers often cannot do better, so this is a warning and nothing is refused.
 *
 * @example const warning = credentialsWarning(); if (warning) console.error(warning)
 */
export function credentialsWarning(path: string = credentialsPath()): string | undefined {
  if (process.platform === 'win32') return undefined
  const mode = modeOf(path)
  if (mode === undefined || (mode & 0o077) === 0) return undefined
  const verb = mode & 0o022 ? 'read and changed' : 'read'
  return `${path} can be ${verb} by others on this machine (mode ${(mode & 0o777).toString(8)}). Run: chmod 600 ${path}`
}

/** The path as people write it. @example shortPath('/home/art/.robotrace/credentials') // '~/.robotrace/credentials' */
export function shortPath(path: string, env: (name: string) => string | undefined = readEnv): string {
  const folder = `${home(env)}${sep}`
  return path.startsWith(folder) && folder !== sep ? `~${sep}${path.slice(folder.length)}` : path
}

/** The variable that `homedir()` reads first; asking for it directly spares Deno the permission `--allow-sys`. */
function home(env: (name: string) => string | undefined): string {
  return env(process.platform === 'win32' ? 'USERPROFILE' : 'HOME') ?? homedir()
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false })?.mode
  } catch {
    // A file that cannot even be looked at is said by whoever reads it.
    return undefined
  }
}

function readText(path: string, what: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigurationError(`The ${what} ${path} cannot be read (${String(code ?? 'unknown reason')}).`)
  }
}

function parseTables(text: string, path: string, what: string): TablesFile {
  const form = text.trimStart().startsWith('{') ? 'json' : 'toml'
  try {
    const content: unknown =
      form === 'json' ? JSON.parse(text) : parse(text, { integersAsBigInt: 'asNeeded' })
    return { form, content: isRecord(content) ? content : {} }
  } catch (error) {
    // Both parsers quote the offending text, which may be the key: only the line number goes on.
    const where = error instanceof TomlError ? ` (line ${error.line})` : ''
    throw new ConfigurationError(`The ${what} ${path} is neither TOML nor JSON${where}.`)
  }
}

function profileOf(value: Record<string, unknown>): SavedProfile {
  return {
    api_key: textOf(value.api_key),
    base_url: textOf(value.base_url),
    client_id: textOf(value.client_id),
    user_email: textOf(value.user_email),
    written_at: textOf(value.written_at),
    scopes: textOf(value.scopes),
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
