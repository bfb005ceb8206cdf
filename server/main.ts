import { processHost } from '../cli/host.ts'
import { run } from '../cli/run.ts'
import { operatorCommands } from './operator/commands.ts'

/** The whole program: the server, what its operator does, and the client. Nothing else exits. */
async function main(): Promise<void> {
  const args = process.argv.slice(2)
  const status = await run(args, processHost('robotrace'), operatorCommands(process.env))
  // Set rather than exited with: what is still being written to a pipe arrives. A server has nothing more to say.
  process.exitCode = status
  if (args[0] === 'serve') process.exit()
}

await main()
