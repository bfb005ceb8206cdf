import { basename } from 'node:path'
import type { SshKey } from '../../sdk/wire.ts'
import { type Command, type Given, PROFILE_FLAG } from '../command.ts'
import { connected } from '../connection.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem } from '../output/write.ts'
import { clean, done, warn } from '../print.ts'
import { readGivenFile } from '../read-file.ts'
import { SSH_KEYS_PATH, sshKeyColumns } from './ssh-key.ts'

export const sshKeysAdd: Command = {
  name: 'ssh-keys add',
  summary: 'upload the public half of an SSH key; who selects it for a device can log in there',
  examples: [
    'robotrace ssh-keys add ~/.ssh/id_ed25519.pub',
    'ssh-add -L | head -1 | robotrace ssh-keys add --name agent',
  ],
  argument: { name: 'file', optional: true, about: 'the .pub file (default, and -: standard input)' },
  flags: [
    { name: 'name', value: 'name', about: 'how you call it (default: its comment, or the file)' },
    PROFILE_FLAG,
    ...OUTPUT_FLAGS,
  ],
  run: add,
}

async function add(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  const key_text = (await textOf(host, given)).trim()
  refusePrivate(key_text)
  const name = given.text('name') ?? nameOf(given, key_text)
  return connected(host, given, async (connection) => {
    const key = await connection.client().request<SshKey>('POST', SSH_KEYS_PATH, { body: { name, key_text } })
    done(
      host,
      `Added ${clean(key.name)}: ${clean(key.fingerprint)}. Select it for a device in the portal → Devices.`,
    )
    if (key.warning !== null) warn(host, clean(key.warning))
    // On a terminal that sentence is all there is to know.
    if (format !== 'table' || given.text('output') === 'table') {
      const facts: [string, string][] = [
        ['Name', key.name],
        ['Fingerprint', key.fingerprint],
      ]
      writeItem(host, format, { item: key, facts, columns: sshKeyColumns(host.now()), id: key.id })
    }
    return EXIT.ok
  })
}

async function textOf(host: Host, given: Given): Promise<string> {
  const file = given.argument
  if (file !== undefined && file !== '-')
    return readGivenFile(host, file, 'robotrace ssh-keys add ~/.ssh/id_ed25519.pub')
  const text = await host.readInput?.()
  if (text?.trim()) return text
  throw new Failure('There is no key to upload.', {
    hint: '`robotrace ssh-keys add ~/.ssh/id_ed25519.pub`',
    status: EXIT.usage,
  })
}

/** Before anything leaves this machine: OpenSSH's and PEM's private keys, PuTTY's, and what is none of a public key. */
function refusePrivate(text: string): void {
  if (/PRIVATE KEY|^PuTTY-User-Key-File/m.test(text)) {
    throw new Failure('This is a PRIVATE key. It was not sent anywhere.', {
      hint: 'the public half is in the file with .pub at the end of its name',
      status: EXIT.usage,
    })
  }
  if (/^(?:[\w=",*.-]+ )?(?:ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/=]{20,}/.test(text) && !text.includes('\n'))
    return
  throw new Failure('This is not one public SSH key.', {
    hint: '`ssh-keygen -t ed25519` makes one; upload the .pub file',
    status: EXIT.usage,
  })
}

/** Its comment is usually `art@laptop`. */
function nameOf(given: Given, key_text: string): string {
  const comment = key_text.split(/\s+/).slice(2).join(' ').trim()
  const file = given.argument === undefined || given.argument === '-' ? '' : basename(given.argument, '.pub')
  return (comment || file || 'ssh key').slice(0, 80)
}
