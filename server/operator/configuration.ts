import type { Flag, Given } from '../../cli/command.ts'
import { type Config, ConfigError, readConfig, type Secrets } from '../config.ts'
import type { Environment } from '../environment.ts'
import { isKeyReadByOthers } from '../http/certificate.ts'
import { fileKey, flagOf, SETTING_NAMES, SETTINGS, type SettingName } from '../settings.ts'
import { type ConfigFile, readConfigFile } from './config-file.ts'

/** Of every operator's command: which file holds. */
const CONFIG_FLAG: Flag = {
  name: 'config',
  value: 'file',
  about: 'read this robotrace.toml (default: that of this folder, else of /etc/robotrace)',
}

/** Of a command that works on the data folder. @example flags: [...CONFIGURATION_FLAGS, YES_FLAG] */
export const CONFIGURATION_FLAGS: readonly Flag[] = [CONFIG_FLAG, settingFlag('ROBOTRACE_DATA')]

/** Of a command that asks the server itself: where it listens. */
export const LISTENING_FLAGS: readonly Flag[] = [...CONFIGURATION_FLAGS, settingFlag('PORT')]

/** Of `serve`, and of what shows its configuration: one for each setting that is no secret. */
export const SETTING_FLAGS: readonly Flag[] = [
  CONFIG_FLAG,
  ...SETTING_NAMES.filter((name) => flagOf(name) !== undefined).map(settingFlag),
]

function settingFlag(name: SettingName): Flag {
  const { value, choices, about, otherwise } = SETTINGS[name]
  return {
    ...{ name: flagOf(name) ?? fileKey(name), value },
    about: otherwise === '' ? about : `${about} (default: ${otherwise})`,
    ...(choices && { choices }),
  }
}

/** Where a value was set. */
export type Source = 'flag' | 'environment' | 'file' | 'default'

/** One setting as it holds: its value as it was written, and where. */
export interface Settled {
  name: SettingName
  value: string
  source: Source
  /** The flag, the variable, or the file and its key. */
  from: string
}

/** Everything that is set, and what is wrong with it. */
export interface Configuration {
  settings: Settled[]
  /** The file that was read, if there is one. */
  file: string | undefined
  warnings: string[]
  problems: string[]
  /** Undefined while there are problems. */
  read: { config: Config; secrets: Secrets } | undefined
}

/**
 * The configuration that holds for a command: a flag wins over a variable of the environment, that over
 * `robotrace.toml`, and that over the default.
 *
 * @throws ConfigError listing everything that is wrong, each with the place where it was set
 * @example const { config, secrets } = configOf(environment, given)
 */
export function configOf(
  environment: Environment,
  given: Pick<Given, 'text'>,
): { config: Config; secrets: Secrets; warnings: string[] } {
  const { read, problems, warnings } = configurationOf(environment, given)
  if (read === undefined) throw new ConfigError(problems)
  return { ...read, warnings }
}

/**
 * The same with every value's source, and without throwing for what is wrong.
 *
 * @param cwd where `robotrace.toml` is looked for first
 */
export function configurationOf(
  environment: Environment,
  given: Pick<Given, 'text'>,
  cwd = '.',
): Configuration {
  const { file, problems } = openFile(
    given.text('config') ?? (environment.ROBOTRACE_CONFIG || undefined),
    cwd,
  )
  const settings = SETTING_NAMES.map((name) => settle(name, given, environment, file))
  const values = Object.fromEntries(
    settings.filter(({ source }) => source !== 'default').map(({ name, value }) => [name, value]),
  )
  const places = new Map<string, string>(settings.map(({ name, from }) => [name, from]))
  const wrong = [...problems, ...(file?.problems ?? [])]
  const about = { settings, file: file?.path, warnings: file?.warnings ?? [] }
  try {
    const read = readConfig(values, (name) => places.get(name) || name)
    const warnings = [...about.warnings, ...keyWarnings(read.config.tls)]
    return { ...about, warnings, problems: wrong, read: wrong.length === 0 ? read : undefined }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    return { ...about, problems: [...wrong, ...error.problems], read: undefined }
  }
}

/** As of ssh: whoever can read the key can pretend to be this server. */
function keyWarnings(tls: Config['tls']): string[] {
  if (!tls || !isKeyReadByOthers(tls)) return []
  return [`${tls.key} is a private key and everybody on this machine can read it: chmod 600 ${tls.key}`]
}

function openFile(named: string | undefined, cwd: string): { file?: ConfigFile; problems: string[] } {
  try {
    const file = readConfigFile(named, cwd)
    return file ? { file, problems: [] } : { problems: [] }
  } catch (error) {
    if (error instanceof ConfigError) return { problems: error.problems }
    throw error
  }
}

function settle(
  name: SettingName,
  given: Pick<Given, 'text'>,
  environment: Environment,
  file: ConfigFile | undefined,
): Settled {
  const flag = flagOf(name)
  const places = [
    { source: 'flag', value: flag && given.text(flag), from: `--${flag}` },
    { source: 'environment', value: environment[name], from: name },
    { source: 'file', value: file?.values[name], from: `${file?.path}: ${fileKey(name)}` },
  ] as const
  for (const { source, value, from } of places) {
    // Empty counts as not set, wherever it stands.
    if (value) return { name, value, source, from }
  }
  return { name, value: SETTINGS[name].otherwise, source: 'default', from: '' }
}
