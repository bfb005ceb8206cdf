import type { Command } from '../../../cli/command.ts'
import { EXIT } from '../../../cli/failure.ts'
import type { Column } from '../../../cli/output/column.ts'
import { formatOf, OUTPUT_FLAGS } from '../../../cli/output/format.ts'
import { writeList } from '../../../cli/output/write.ts'
import { type KnownAccount, listStaff as listStaffAccounts } from '../../accounts/by-operator.ts'
import type { Environment } from '../../environment.ts'
import { AT_MACHINE_FLAGS, atMachine } from './at-machine.ts'

/** Who administers the whole installation. */
export function listStaff(environment: Environment): Command {
  return {
    name: 'admin list-staff',
    summary: 'list who administers the whole installation',
    examples: ['robotrace admin list-staff', 'robotrace admin list-staff --data /srv/robotrace --json'],
    flags: [...AT_MACHINE_FLAGS, ...OUTPUT_FLAGS],
    run: (host, given) => {
      const format = formatOf(host, given)
      return atMachine(environment, given, async (at) => {
        const none = 'No staff. Make an account: robotrace admin create-staff --email <address>'
        const items = await listStaffAccounts(at)
        await writeList(host, format, { items, columns: COLUMNS, id: ({ id }) => id, none })
        return EXIT.ok
      })
    },
  }
}

const COLUMNS: readonly Column<KnownAccount>[] = [
  { name: 'id', value: ({ id }) => id },
  { name: 'email', heading: 'EMAIL', value: ({ email }) => email },
  { name: 'name', heading: 'NAME', value: ({ name }) => name, elastic: true },
  {
    name: 'staff_since',
    heading: 'SINCE',
    value: ({ staff_since }) => staff_since,
    shown: ({ staff_since }) => staff_since?.slice(0, 10) ?? '',
  },
  {
    name: 'second_factors',
    heading: 'SECOND FACTORS',
    value: ({ second_factors }) => second_factors,
    right: true,
  },
]
