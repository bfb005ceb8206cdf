import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { parse, TomlError } from 'smol-toml'
import { ConfigurationError } from '../errors.ts'
import { isRecord } from '../json.ts'
import type { Profile } from '../runtime.ts'
import { readEnv } from './env.ts'

/** `$ROBOTRACE_HOME/credentials`, or `~/.robotrace/credentials`. */
export function credentialsPath(): string {
  return join(readEnv('ROBOTRACE_HOME') ?? join(home(), '.robotrace'), 'credentials')
}

/**
 * One profile of the credentials file: TOML, or the JSON form that old Python clients can read as well.
 *
 * @example readProfile('default')?.base_url
 * @throws ConfigurationError when the file is there and cannot be read; its content is never shown
 */
export function readProfile(name: string): Profile | undefined {
  const path = credentialsPath()
  const text = readText(path)
  const profiles = text === undefined ? {} : parseProfiles(text, path)
  const profile = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (!isRecord(profile)) return undefined
  return { api_key: textOf(profile.api_key), base_url: textOf(profile.base_url) }
}

/** The variable that `homedir()` reads first; asking for it directly spares Deno the permission `--allow-sys`. */
function home(): string {
  return readEnv(process.platform === 'win32' ? 'USERPROFILE' : 'HOME') ?? homedir()
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = isRecord(error) ? error.code : undefined
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new ConfigurationError(
      `The credentials file ${path} cannot be read (${String(code ?? 'unknown reason')}).`,
    )
  }
}

function parseProfiles(text: string, path: string): Record<string, unknown> {
  try {
    const value: unknown = text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text)
    return isRecord(value) ? value : {}
  } catch (error) {
    // Both parsers quote the offending text, which may be the key: only the line number goes on.
    const where = error instanceof TomlError ? ` (line ${error.line})` : ''
    throw new ConfigurationError(`The credentials file ${path} is neither TOML nor JSON${where}.`)
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
