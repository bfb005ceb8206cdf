import type { Command, Given } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { say, warn } from '../../cli/print.ts'
import { makeSetupLink } from '../accounts/setup.ts'
import type { Environment } from '../environment.ts'
import { VERSION } from '../project.ts'
import { startServer } from '../serve.ts'
import { configOf, SETTING_FLAGS } from './configuration.ts'
import { operate } from './operate.ts'

/** Runs the server until it is told to stop. */
export function serve(environment: Environment): Command {
  return {
    name: 'serve',
    summary: 'run the server: API, portal and storage',
    examples: ['robotrace serve', 'robotrace serve --port 8080 --data /srv/robotrace'],
    flags: SETTING_FLAGS,
    run: (host, given) => operate(() => runServer(host, given, environment)),
  }
}

async function runServer(host: Host, given: Given, environment: Environment): Promise<number> {
  const { config, secrets, warnings } = configOf(environment, given)
  for (const warning of warnings) warn(host, warning)
  const signal = (): Promise<void> => new Promise((resolve) => host.onInterrupt(() => resolve()))
  // Until it serves, a signal ends the process where it is: nothing is half done that the next start does not mend, and
  // an older database is brought up to date in one go, in which nobody would hear of it. The first process of a
  // container is left alone by signals that nobody listens for, so there it is heard afterwards.
  const early = process.pid === 1 ? signal() : undefined
  const server = await startServer(config, secrets)
  const stopped = early ?? signal()
  // Only with TLS: without it, a terminal that is closed ends the server as it ends everything else.
  if (config.tls) process.on('SIGHUP', server.renewCertificate)
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
