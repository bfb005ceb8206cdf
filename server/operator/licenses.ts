import type { Command } from '../../cli/command.ts'
import { EXIT } from '../../cli/failure.ts'
import { say } from '../../cli/print.ts'
import { projectText } from '../project.ts'

/** Under this name the single executable carries the licences of what it consists of. */
export const LICENSES = 'licenses.txt'

/** Of the single executable only: elsewhere each package has its licence beside it. */
export const licenses: Command = {
  name: 'licenses',
  summary: 'print the licenses of everything in this executable',
  examples: ['robotrace licenses', 'robotrace licenses > LICENSES.txt'],
  flags: [],
  run: (host) => {
    say(host, projectText(LICENSES))
    return EXIT.ok
  },
}
