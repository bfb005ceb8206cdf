import type { SshKey } from '../../sdk/wire.ts'
import { type Command, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT } from '../failure.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeList } from '../output/write.ts'
import { pagesOf } from '../pages.ts'
import { SSH_KEYS_PATH, sshKeyColumns } from './ssh-key.ts'

export const sshKeysList: Command = {
  name: 'ssh-keys list',
  summary: 'your SSH keys, and the devices that they open',
  examples: ['robotrace ssh-keys list', 'robotrace ssh-keys list --output ids'],
  flags: [PROFILE_FLAG, ...OUTPUT_FLAGS],
  run: async (host, given) => {
    const format = formatOf(host, given)
    return connected(host, given, async (connection) => {
      const items = pagesOf<SshKey>(connection.client(), SSH_KEYS_PATH)
      const none = 'No SSH keys. Add one: robotrace ssh-keys add ~/.ssh/id_ed25519.pub'
      await writeList(host, format, { items, columns: sshKeyColumns(host.now()), id: ({ id }) => id, none })
      return EXIT.ok
    })
  },
}
