import { AuthError, RobotraceError } from '../sdk/errors.ts'
import { listProfiles, type SavedProfile } from '../sdk/host/credentials.ts'
import { removeProfile } from '../sdk/host/write-credentials.ts'
import { keyPrefix } from '../sdk/key-format.ts'
import { revokeOwnKey } from '../sdk/own-key.ts'
import type { Command, Given } from './command.ts'
import { clearContext } from './context/saved-context.ts'
import { EXIT } from './failure.ts'
import type { Host } from './host.ts'
import { clean, paint, say, warn } from './print.ts'
import { notSignedIn, savedProfile, warnPlainHttp } from './saved.ts'

export const logout: Command = {
  name: 'logout',
  summary: 'remove the saved key from this machine',
  examples: ['robotrace logout', 'robotrace logout --profile staging --revoke'],
  flags: [
    { name: 'profile', value: 'name', about: 'the saved sign-in to remove (default: "default")' },
    { name: 'revoke', about: 'end the key on the server first, for good' },
    { name: 'all', about: 'remove every saved sign-in' },
  ],
  run: removeSaved,
}

/** Without `--revoke` no network is used: credentials can move between machines without dying. */
async function removeSaved(host: Host, given: Given): Promise<number> {
  const saved = savedProfile(host, given)
  const profiles = given.flag('all')
    ? [...listProfiles(saved.path)]
    : saved.profile
      ? [[saved.name, saved.profile] as const]
      : []
  if (profiles.length === 0) throw notSignedIn(saved)
  let status: number = EXIT.ok
  for (const [name, profile] of profiles) {
    if (given.flag('revoke') && !(await revoke(host, name, profile))) status = EXIT.failure
    await removeProfile(name, saved.path, saved.short_path)
    await clearContext(host, { ...saved, name })
    say(
      host,
      `${paint(host.out, host.env).good('✓')} Removed profile '${clean(name)}' from ${saved.short_path}.`,
    )
    if (!given.flag('revoke')) sayStillValid(host, profile)
  }
  return status
}

/** True when the key is dead afterwards. */
async function revoke(host: Host, name: string, profile: SavedProfile): Promise<boolean> {
  const { api_key, base_url } = profile
  if (!api_key || !base_url) {
    say(host, `Profile '${clean(name)}' holds no key: nothing to revoke.`)
    return true
  }
  warnPlainHttp(host, base_url)
  const prefix = keyPrefix(api_key) || 'the key'
  try {
    await revokeOwnKey({ api_key, base_url, user_agent: host.user_agent })
    say(host, `${paint(host.out, host.env).good('✓')} Revoked ${prefix} server-side.`)
    return true
  } catch (error) {
    if (error instanceof AuthError) {
      say(host, `${prefix} was already revoked.`)
      return true
    }
    if (!(error instanceof RobotraceError)) throw error
    warn(host, `Could not revoke ${prefix}: ${clean(error.message)}`)
    warn(host, 'It is still valid until you revoke it from the portal → API keys.')
    return false
  }
}

function sayStillValid(host: Host, profile: SavedProfile): void {
  say(host, 'Note: the API key minted for that login is still valid until you')
  say(host, 'revoke it from the portal → API keys.')
  const prefix = keyPrefix(profile.api_key ?? '')
  if (!prefix) return
  const { dim } = paint(host.out, host.env)
  say(host, dim(`There it is the row ${prefix}, labelled robotrace-cli with the confirmation code of your`))
  say(host, dim('login; `logout --revoke` does both.'))
}
