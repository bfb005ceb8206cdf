import { makeSetupLink } from './accounts/setup.ts'
import { ConfigError, readConfig } from './config.ts'
import { DataFolderInUseError } from './db/data-folder.ts'
import { NewerSchemaError, OlderSchemaError } from './db/open.ts'
import { VERSION } from './project.ts'
import { startServer } from './serve.ts'
import { BrokenSecretError } from './signing.ts'

/** The process: environment in, server up, signals, exit status. Nothing else exits. */
async function main(): Promise<void> {
  const { config, secrets } = readConfig(process.env)
  // Whatever this process creates is nobody else's to read: database, artifacts, secret.
  process.umask(0o077)
  const server = await startServer(config, secrets)
  stopOn(['SIGTERM', 'SIGINT'], () => server[Symbol.asyncDispose]())
  console.log(`RoboTrace ${VERSION} · ${server.url} · data in ${config.data}`)
  const link = await makeSetupLink(server.ctx)
  if (link) {
    console.log(
      `\nNobody has an account yet. Create the first administrator with this link (single use, 24 hours):\n\n  ${link}\n`,
    )
  }
}

function stopOn(signals: NodeJS.Signals[], stop: () => PromiseLike<void>): void {
  let stopping = false
  for (const signal of signals) {
    process.on(signal, () => {
      // A second Ctrl-C means it: whoever presses it does not want to wait.
      if (stopping) process.exit(130)
      stopping = true
      stop().then(
        () => process.exit(0),
        (error: unknown) => fail(error),
      )
    })
  }
}

/** What somebody who starts the server can mend: said in a sentence, without a stack. */
const EXPECTED = [ConfigError, NewerSchemaError, OlderSchemaError, DataFolderInUseError, BrokenSecretError]
const SYSTEM = /^E(ADDRINUSE|ADDRNOTAVAIL|ACCES|PERM|EXIST|NOTDIR|ISDIR|ROFS|NOSPC|NOTFOUND|AI_AGAIN)$/

function fail(error: unknown): void {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = EXPECTED.some((kind) => error instanceof kind) || SYSTEM.test(code)
  console.error(known && error instanceof Error ? `Error: ${error.message}` : error)
  process.exit(1)
}

main().catch(fail)
