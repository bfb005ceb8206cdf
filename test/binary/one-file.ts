import { type SpawnOptions, spawn } from 'node:child_process'
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectFile } from '../../server/project.ts'
import { follow, type ServerProcess } from '../process.ts'

/** An empty folder with the single executable in it, as on a machine that has nothing else of ours. */
export interface Machine extends AsyncDisposable {
  folder: string
  home: string
  /** Runs it there. Of the environment it gets what is named, and nothing else: no PATH, no HOME. */
  start: (args: string[], env: Record<string, string>, options?: Start) => Omit<ServerProcess, 'data'>
  /** Runs it to its end. */
  run: (args: string[], env: Record<string, string>, options?: Start) => Promise<Ran>
}

interface Start {
  /** Called by this name. */
  as?: string
  /** A shell's words before it, in a namespace of mounts of its own without a network; `$HOME` is the home. */
  confined?: string
}

interface Ran {
  status: number | null
  stdout: string
  stderr: string
}

/**
 * @param how by a copy, or by a hard link where that works, which saves writing 127 MB
 * @example await using machine = bareMachine()
 */
export function bareMachine(how: 'copied' | 'linked' = 'linked'): Machine {
  const top = mkdtempSync(join(tmpdir(), 'robotrace-machine-'))
  const [folder, home] = [join(top, 'lab'), join(top, 'home')]
  for (const made of [folder, home]) mkdirSync(made, { mode: 0o700 })
  const file = join(folder, 'robotrace')
  if (how === 'copied' || !linked(file)) copyFileSync(projectFile('dist/robotrace'), file)
  const started: Omit<ServerProcess, 'data'>[] = []
  const start: Machine['start'] = (args, env, { as = 'robotrace', confined } = {}) => {
    const options: SpawnOptions = { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }
    const child = confined
      ? spawn(
          '/usr/bin/env',
          [...NAMESPACE, '/bin/sh', '-c', `${confined} && exec ./${as} "$@"`, 'sh', ...args],
          {
            ...options,
            // The tools that make the namespace; the executable does not see it.
            env: { ...env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
          },
        )
      : spawn(`./${as}`, args, options)
    const process = follow(child)
    started.push(process)
    return process
  }
  return {
    folder,
    home,
    start,
    async run(args, env, options) {
      const ran = start(args, env, options)
      const status = await ran.exit
      return { status, stdout: ran.stdout(), stderr: ran.stderr() }
    },
    async [Symbol.asyncDispose]() {
      for (const { child, exit } of started) {
        child.kill('SIGKILL')
        await exit
      }
      rmSync(top, { recursive: true, force: true })
    },
  }
}

function linked(file: string): boolean {
  try {
    linkSync(projectFile('dist/robotrace'), file)
    return true
  } catch {
    // On another file system.
    return false
  }
}

/** Whoever is not root becomes it inside. */
const NAMESPACE = ['unshare', '--mount', '--net', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])]
