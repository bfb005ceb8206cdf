import { saveProfile } from '../../sdk/host/write-credentials.ts'
import type { Given } from '../command.ts'
import type { Connection } from '../connection.ts'
import type { Host } from '../host.ts'
import { OUTPUT_FLAGS } from '../output/format.ts'
import { jsonLine } from '../output/safe-text.ts'
import { clean, done, say, warn } from '../print.ts'
import { savedProfile } from '../saved.ts'
import { ahead } from '../words.ts'
import type { MintedKey } from './key.ts'

/** Of a command that makes a key. */
export const REVEAL_FLAGS = [
  { name: 'save', value: 'profile', about: 'save the key under this name instead of printing it' },
  ...OUTPUT_FLAGS.filter(({ name }) => name === 'json'),
]

/**
 * Shows a new key the one time that anybody can: alone on standard output, so that `KEY=$(…)` holds it and nothing
 * else; or saved as a profile, and then nowhere.
 *
 * @param how what was done with it, such as `Minted`
 */
export async function reveal(
  host: Host,
  given: Given,
  { base_url }: Connection,
  { minted, how, client_id }: { minted: MintedKey; how: string; client_id: string | undefined },
): Promise<void> {
  const { key, api_key } = minted
  const profile = given.text('save')
  if (profile !== undefined) {
    const { path, short_path } = savedProfile(host, {
      ...given,
      text: (name) => (name === 'profile' ? profile : undefined),
    })
    const written_at = `${new Date(host.now()).toISOString().slice(0, 19)}Z`
    await saveProfile(profile, { api_key: key, base_url, client_id, written_at }, path, short_path)
    tell(host, how, minted)
    done(host, `Saved to ${short_path} (profile: ${profile}).`)
    return
  }
  if (given.flag('json')) say(host, jsonLine({ key, api_key }))
  else say(host, key)
  tell(host, how, minted)
  warn(host, 'It is shown this once. Keep it where your secrets are, not in a repository.')
}

function tell(host: Host, how: string, { api_key }: MintedKey): void {
  const { prefix, label, scopes, expires_at } = api_key
  const until = expires_at === null ? 'until it is revoked' : `it ends ${ahead(expires_at, host.now())}`
  done(host, `${how} ${clean(prefix)} “${clean(label)}”: ${clean(scopes.join(' '))}; ${until}.`)
}
