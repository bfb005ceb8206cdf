import type { SavedProfile } from '../sdk/host/credentials.ts'
import type { ApprovedDeviceLogin } from '../sdk/wire.ts'
import { EXIT, Failure } from './failure.ts'
import type { Host } from './host.ts'
import { clean, warn } from './print.ts'
import { isSameAddress } from './saved.ts'

type Account = Omit<ApprovedDeviceLogin, 'api_key'>

/**
 * Asks before a profile changes hands. Somebody who gets another person's login approved with their own
 * account would otherwise receive every recording that person makes from then on.
 *
 * @param forced what to do where nobody can be asked: true accepts
 * @param signal takes the question back
 * @throws Failure when the answer is no, or there is none
 */
export async function confirmAccount(
  host: Host,
  before: SavedProfile | undefined,
  now: Account,
  forced: boolean,
  signal?: AbortSignal,
): Promise<void> {
  const changed = before === undefined ? [] : differences(before, now)
  if (changed.length === 0) return
  const organization = now.organization
    ? `${now.organization.name} (${now.organization.slug})`
    : now.client_id
  warn(host, `This login is another account than the profile's last one: ${changed.join(', ')}.`)
  warn(
    host,
    `It was approved by ${now.user_email || 'somebody unnamed'}, for the organization ${organization || 'that the server does not name'}.`,
  )
  if (!host.interactive) {
    if (forced) return
    throw new Failure('Nobody can be asked whether that is right.', {
      hint: '`robotrace login --force` accepts it, `--profile <name>` keeps both',
      reason: 'other_account',
    })
  }
  const answer = await host.ask('Save it all the same? [y/N] ', signal)
  signal?.throwIfAborted()
  if (/^\s*y(?:es)?\s*$/i.test(answer ?? '')) return
  // No answer at all is Ctrl-C, or the end of the input.
  const status = answer === undefined ? EXIT.interrupted : EXIT.failure
  throw new Failure('The login was not accepted.', { status, reason: 'other_account' })
}

function differences(before: SavedProfile, now: Account): string[] {
  const changed: string[] = []
  if (before.user_email && before.user_email !== now.user_email) {
    changed.push(`${clean(before.user_email)} before`)
  }
  // Another deployment numbers its organizations differently: there the id says nothing.
  const same = isSameAddress(before.base_url, now.base_url)
  if (same && before.client_id && before.client_id !== now.client_id) {
    changed.push(`organization ${clean(before.client_id)} before`)
  }
  return changed
}
