import { hostname } from 'node:os'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { WriteStream } from 'node:tty'
import { pause } from '../sdk/pause.ts'
import { VERSION } from '../sdk/version.ts'
import { openBrowser } from './browser.ts'

/** One of the two places text goes to. */
export interface Output {
  write: (text: string) => void
  /** Whether a person looks at it. */
  tty: boolean
  columns: number
}

/** Everything a command knows of the world; a test gives another one. */
export interface Host {
  out: Output
  err: Output
  /** A variable of the environment; undefined when unset or empty. */
  env: (name: string) => string | undefined
  /** Which variable `env` reads for this name: called as rbtk it may be another one. */
  variable: (name: string) => string
  /** Whether somebody is there to answer a question. */
  interactive: boolean
  /** The answer to a question; undefined when there is none, or Ctrl-C or the signal came instead. */
  ask: (question: string, signal?: AbortSignal) => Promise<string | undefined>
  /** Everything that is piped in; absent when standard input is a terminal. */
  readInput?: () => Promise<string>
  /** The same piece by piece, for what may be larger than memory; of a terminal, what is typed. */
  input: () => AsyncIterable<Uint8Array>
  /** Milliseconds since 1970. */
  now: () => number
  /** Waits; rejects with the signal's reason when it is aborted. */
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
  /** Repeats until the returned function is called. */
  every: (ms: number, run: () => void) => () => void
  /** True once a browser has taken the address. */
  openBrowser: (url: string) => Promise<boolean>
  /** Calls back with the exit status of the signal, once; until the returned function is called. */
  onInterrupt: (run: (status: number) => void) => () => void
  /** The name that the program was called by. */
  program: 'robotrace' | 'rbtk'
  /** Only results and errors are wanted. */
  quiet: boolean
  /** The working folder. */
  cwd: string
  /** This machine's name. */
  hostname: string | null
  /** Names this program and what it runs on. */
  user_agent: string
  platform: string
}

/** The exit status a shell expects of a program ended by this signal: 128 and its number. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

/** The world of a real process, on Node, Deno and Bun. @example await run(process.argv.slice(2), processHost('robotrace')) */
export function processHost(program: Host['program']): Host {
  const env = (name: string): string | undefined => process.env[name] || undefined
  return {
    out: output(process.stdout),
    err: output(process.stderr),
    env,
    variable: (name) => name,
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    ask,
    readInput: process.stdin.isTTY ? undefined : readInput,
    input: () => process.stdin,
    now: Date.now,
    sleep: pause,
    every: (ms, run) => {
      const timer = setInterval(run, ms)
      return () => clearInterval(timer)
    },
    openBrowser: (url) => openBrowser(url, env),
    onInterrupt,
    program,
    quiet: false,
    cwd: process.cwd(),
    hostname: nameOfMachine(),
    user_agent: `robotrace-js/${VERSION} ${runtimeName()} ${process.platform}/${process.arch}`,
    platform: process.platform,
  }
}

function output(stream: WriteStream): Output {
  // The reader may be gone (`robotrace whoami | head -1`): that is its own decision, not an error.
  stream.on('error', () => {})
  return {
    write: (text) => void stream.write(text),
    tty: stream.isTTY === true,
    get columns() {
      return stream.columns ?? 80
    },
  }
}

function ask(question: string, signal?: AbortSignal): Promise<string | undefined> {
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  let answered = false
  return new Promise((resolve) => {
    const close = (): void => lines.close()
    lines.once('SIGINT', close)
    signal?.addEventListener('abort', close, { once: true })
    lines.once('close', () => {
      // Still unanswered: what comes next begins on a line of its own.
      if (!answered) process.stderr.write('\n')
      signal?.removeEventListener('abort', close)
      resolve(undefined)
    })
    lines.question(question, (answer) => {
      answered = true
      resolve(answer)
      lines.close()
    })
  })
}

async function readInput(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const part of process.stdin) text += part
  return text
}

function onInterrupt(run: (status: number) => void): () => void {
  const handlers = Object.entries(SIGNALS).map(([name, status]) => {
    const handler = (): void => run(status)
    process.once(name, handler)
    return () => process.off(name, handler)
  })
  return () => {
    for (const remove of handlers) remove()
  }
}

function nameOfMachine(): string | null {
  try {
    return hostname()
  } catch {
    // Deno without --allow-sys.
    return null
  }
}

function runtimeName(): string {
  const { bun, deno, node } = process.versions
  if (deno) return `deno/${deno}`
  return bun ? `bun/${bun}` : `node/${node}`
}
