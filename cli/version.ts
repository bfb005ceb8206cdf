import { VERSION } from '../sdk/version.ts'
import type { Command } from './command.ts'
import { EXIT } from './failure.ts'
import { say } from './print.ts'

export const version: Command = {
  name: 'version',
  summary: 'print the version of this program',
  examples: ['robotrace version', 'robotrace --version'],
  flags: [],
  run: (host) => {
    say(host, `${host.program} ${VERSION}`)
    return EXIT.ok
  },
}
