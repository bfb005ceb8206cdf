import { basename } from 'node:path'
import { processHost } from '../cli/host.ts'
import { run } from '../cli/run.ts'
import { unpackWith } from './binary/addon.ts'
import { operatorCommands } from './operator/commands.ts'

/** The whole program: the server, what its operator does, and the client. Nothing else exits. */
async function main(): Promise<void> {
  const args = process.argv.slice(2)
  unpackWith(process.env)
  // The single executable may be called rbtk, which is the client alone; otherwise this is the name of Node.
  const rbtk = basename(process.argv0) === 'rbtk'
  const status = rbtk
    ? await run(args, processHost('rbtk'))
    : await run(args, processHost('robotrace'), operatorCommands(process.env))
  // Set rather than exited with: what is still being written to a pipe arrives. A server has nothing more to say.
  process.exitCode = status
  if (args[0] === 'serve' && !rbtk) process.exit()
}

// Not awaited here: the single executable is one script, in which nothing waits at the top. What is thrown ends the
// process with a stack and status 1 all the same.
void main()
