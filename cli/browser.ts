import { type ChildProcess, spawn } from 'node:child_process'
import process from 'node:process'

type Env = (name: string) => string | undefined

/** An opener that found no browser ends with an error within this time; one that found one may run on. */
const SETTLED_MS = 700

/**
 * Why no browser should be tried here; undefined when one may well open.
 *
 * @example reasonForNoBrowser(env, 'linux') // 'this is an SSH session without a display'
 */
export function reasonForNoBrowser(env: Env, platform: string): string | undefined {
  if (env('CI')) return 'this is a CI job'
  if (env('BROWSER')) return undefined
  const display = env('DISPLAY') ?? env('WAYLAND_DISPLAY')
  const remote = env('SSH_CONNECTION') ?? env('SSH_TTY') ?? env('SSH_CLIENT')
  if (remote && !display) return 'this is an SSH session without a display'
  const ownScreen = platform === 'darwin' || platform === 'win32' || env('WSL_DISTRO_NAME') !== undefined
  return ownScreen || display ? undefined : 'this machine has no display'
}

/**
 * Opens a page: with the programs `BROWSER` names (separated by colons, `%s` is the address, as other tools
 * read it), else with the system's own opener. False when that did not work.
 *
 * @example await openBrowser('http://localhost:3000/cli/auth?code=XKDF-PQ4N', readEnv)
 */
export async function openBrowser(url: string, env: Env): Promise<boolean> {
  const named = env('BROWSER')
  if (named === undefined) return await openWithSystem(url)
  for (const entry of named.split(process.platform === 'win32' ? ';' : ':')) {
    const [command, ...args] = entry.split(' ').filter(Boolean)
    if (command === undefined) continue
    const filled = args.map((arg) => arg.replaceAll('%s', url))
    if (await starts(command, entry.includes('%s') ? filled : [...filled, url])) return true
  }
  return false
}

async function openWithSystem(url: string): Promise<boolean> {
  try {
    const { default: open } = await import('open')
    return await settles(await open(url))
  } catch {
    return false
  }
}

function starts(command: string, args: string[]): Promise<boolean> {
  // No shell: the address is one argument, whatever is in it.
  const child = spawn(command, args, { stdio: 'ignore', detached: true })
  child.unref()
  return settles(child)
}

/** True when it ends well, or is still running after a moment. */
function settles(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), SETTLED_MS)
    const end = (good: boolean): void => {
      clearTimeout(timer)
      resolve(good)
    }
    child.once('error', () => end(false))
    child.once('exit', (code) => end(code === 0))
    if (child.exitCode !== null) end(child.exitCode === 0)
  })
}
