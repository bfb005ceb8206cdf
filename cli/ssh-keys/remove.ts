import type { RemovedSshKey, SshKeyList } from '../../sdk/wire.ts'
import { type Command, PROFILE_FLAG } from '../command.ts'
import { confirm, YES_FLAG } from '../confirm.ts'
import { connected } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import { clean, done } from '../print.ts'
import { SSH_KEYS_PATH } from './ssh-key.ts'

export const sshKeysRemove: Command = {
  name: 'ssh-keys remove',
  summary: 'forget an SSH key; it opens no device any more',
  examples: ['robotrace ssh-keys remove laptop', 'robotrace ssh-keys remove ssh_4n5f0q --yes'],
  argument: { name: 'key', about: 'its name, its id, or its fingerprint' },
  flags: [YES_FLAG, PROFILE_FLAG],
  run: async (host, given) =>
    connected(host, given, async (connection) => {
      const client = connection.client()
      const meant = given.argument ?? ''
      const { items } = await client.request<SshKeyList>('GET', SSH_KEYS_PATH)
      const found = items.filter(({ id, name, fingerprint }) => [id, name, fingerprint].includes(meant))
      const [key] = found
      if (!key || found.length > 1) throw unclear(meant, found.length)
      const doors = key.devices.map(({ name }) => clean(name)).join(', ')
      await confirm(host, given, {
        facts: `${clean(key.name)} ${clean(key.fingerprint)} opens ${doors || 'no device'}.`,
        question: 'Remove it?',
      })
      await client.request<RemovedSshKey>('DELETE', `${SSH_KEYS_PATH}/${encodeURIComponent(key.id)}`)
      done(host, `Removed ${clean(key.name)}${doors ? `: ${doors} no longer open to it` : ''}.`)
      return EXIT.ok
    }),
}

function unclear(meant: string, many: number): Failure {
  const message =
    many > 1 ? `${many} of your keys are called ${clean(meant)}.` : `You have no SSH key ${clean(meant)}.`
  return new Failure(message, { hint: '`robotrace ssh-keys list --output csv` has their ids' })
}
