import type { Command } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { say } from '../../cli/print.ts'
import { makeSetupLink } from '../accounts/setup.ts'
import { type Environment, readConfig } from '../config.ts'
import { VERSION } from '../project.ts'
import { startServer } from '../serve.ts'
import { operate } from './operate.ts'

/** Runs the server until it is told to stop. */
export function serve(environment: Environment): Command {
  return {
    name: 'serve',
    summary: 'run the server: API, portal and storage',
    examples: ['robotrace serve', 'PORT=8080 ROBOTRACE_DATA=/srv/robotrace robotrace serve'],
    flags: [],
    run: (host) => operate(() => runServer(host, environment)),
  }
}

async function runServer(host: Host, environment: Environment): Promise<number> {
  const { config, secrets } = readConfig(environment)
  const stopped = new Promise<void>((resolve) => host.onInterrupt(() => resolve()))
  const server = await startServer(config, secrets)
  say(host, `RoboTrace ${VERSION} · ${server.url} · data in ${config.data}`)
  const link = await makeSetupLink(server.ctx)
  if (link) {
    const about = 'Create the first administrator with this link (single use, 24 hours)'
    say(host, `\nNobody has an account yet. ${about}:\n\n  ${link}\n`)
  }
  await stopped
  await server[Symbol.asyncDispose]()
  return EXIT.ok
}
