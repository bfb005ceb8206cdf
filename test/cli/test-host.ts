import type { Host, Output } from '../../cli/host.ts'
import { pause } from '../../sdk/pause.ts'
import { VERSION } from '../../sdk/version.ts'

/** A world for one command: what it printed, what it opened, and answers to give it. */
export interface TestHost extends Host {
  /** Everything printed, both outputs in the order of writing. */
  text: () => string
  stdout: () => string
  stderr: () => string
  opened: string[]
  questions: string[]
  /** Sends the signal whose exit status this is. */
  interrupt: (status: number) => void
}

export interface TestHostOptions {
  env?: Record<string, string>
  /** A terminal of this many columns; absent: a pipe. */
  columns?: number
  /** What is typed at questions; undefined: Ctrl-C. Absent: nobody is there. */
  answers?: (string | undefined)[]
  /** What is piped in; absent: a terminal. */
  input?: string
  /** Whether a browser opens. */
  browser?: boolean
  /** `fake`: waiting moves the clock and takes no time. Default: the real clock, and waits cut to 20 ms. */
  clock?: 'fake'
  /** Where the fake clock begins. */
  now?: number
  /** The name that the program is called by. */
  program?: Host['program']
  /** How the program names itself; absent: as this version. */
  user_agent?: string
  /** The working folder; absent: home. */
  cwd?: string
  /** Called after each write, with everything so far. */
  on_write?: (text: string, host: TestHost) => void
}

const START = Date.parse('2026-05-04T20:08:14Z')

/** @example const host = testHost({ env: { ROBOTRACE_HOME: home } }); await run(['login'], host) */
export function testHost(options: TestHostOptions = {}): TestHost {
  const { env = {}, answers, clock } = options
  const all: [Output, string][] = []
  const handlers = new Set<(status: number) => void>()
  let now = options.now ?? START
  const make = (): Output => {
    const output: Output = {
      write: (text) => {
        all.push([output, text])
        options.on_write?.(join(), host)
      },
      tty: options.columns !== undefined,
      columns: options.columns ?? 80,
    }
    return output
  }
  const [out, err] = [make(), make()]
  const join = (only?: Output): string =>
    all.flatMap(([output, text]) => (only && output !== only ? [] : [text])).join('')
  const host: TestHost = {
    out,
    err,
    env: (name) => env[name] || undefined,
    variable: (name) => name,
    interactive: answers !== undefined,
    ask: async (question) => {
      host.questions.push(question)
      return answers?.shift()
    },
    readInput: options.input === undefined ? undefined : async () => options.input ?? '',
    async *input() {
      yield new TextEncoder().encode(options.input ?? '')
    },
    now: () => (clock ? now : Date.now()),
    sleep: async (ms, signal) => {
      if (clock) now += ms
      await pause(clock ? 0 : Math.min(ms, 20), signal)
    },
    every: () => () => {},
    openBrowser: async (url) => {
      host.opened.push(url)
      return options.browser ?? true
    },
    onInterrupt: (run) => {
      handlers.add(run)
      return () => handlers.delete(run)
    },
    program: options.program ?? 'robotrace',
    quiet: false,
    cwd: options.cwd ?? env.HOME ?? '/nowhere',
    hostname: 'rig-07',
    user_agent: options.user_agent ?? `robotrace-js/${VERSION} test`,
    platform: 'linux',
    text: () => join(),
    stdout: () => join(out),
    stderr: () => join(err),
    opened: [],
    questions: [],
    interrupt: (status) => {
      for (const run of handlers) run(status)
    },
  }
  return host
}
