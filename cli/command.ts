import type { Host } from './host.ts'

/** What was given on the command line. */
export interface Given {
  /** The name of the command that was called. */
  command: string
  /** The value of `--name <value>`; undefined when it was not given. */
  text: (name: string) => string | undefined
  /** Whether `--name` was given. */
  flag: (name: string) => boolean
  /** All values of a flag that may be repeated, in their order. */
  list: (name: string) => readonly string[]
  /** What follows the command's name without dashes. */
  argument: string | undefined
  /** All of it, where a command takes several. */
  arguments: readonly string[]
}

/** One command: what it is called, what it takes, what it does. */
export interface Command {
  name: string
  summary: string
  /** Two, for the top of its help. */
  examples: readonly [string, string]
  flags: readonly Flag[]
  argument?: Argument
  /** Behind the first one. */
  second?: Argument
  /** Answers the exit status. */
  run: (host: Host, given: Given) => Promise<number> | number
}

/** What follows the command's name: one of a few, or anything. */
export interface Argument {
  name: string
  optional?: boolean
  /** Any number of them. */
  many?: boolean
  choices?: readonly string[]
  about?: string
}

/** One flag: as help writes it, and what it is for. */
export interface Flag {
  name: string
  /** One letter that means the same. */
  short?: string
  /** The name of its value; absent: it takes none. */
  value?: string
  /** It may be given several times. */
  many?: boolean
  /** What its value can be, for completion. */
  choices?: readonly string[]
  about: string
}

/** What every command takes. */
export const COMMON_FLAGS: readonly Flag[] = [
  { name: 'no-color', about: 'plain text, as with NO_COLOR' },
  { name: 'quiet', about: 'results and errors only' },
]

/** Of a command that speaks to a server: as whom. */
export const PROFILE_FLAG: Flag = {
  name: 'profile',
  value: 'name',
  about: 'the saved sign-in to use (default: "default")',
}

/** Of a command that is about things of an organization: as whom, and where. */
export const PLACE_FLAGS: readonly Flag[] = [
  { name: 'org', value: 'slug', about: 'the organization (default: see `robotrace context`)' },
  { name: 'project', value: 'slug', about: 'the project (default: see `robotrace context`)' },
  PROFILE_FLAG,
]
