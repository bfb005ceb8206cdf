import { createHash } from 'node:crypto'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { INVISIBLE } from '../http/text.ts'
import { noteSshKeyUsed } from '../ssh-keys/ssh-keys.ts'
import { type DeviceAddress, findDevice } from './devices.ts'
import { listOpenKeys } from './door-keys.ts'

/**
 * The `authorized_keys` of a device (sshd(8)): a line for each selected key whose owner is enabled and a member now,
 * `type blob name (email)`. A key that is pinned to a device reads that device's alone.
 *
 * @param fingerprint of the key that sshd is asked to let in (`%f`), which is then noted as used; only the
 *   robot's own key is believed
 * @returns the text, and an entity tag that changes with it
 * @throws AppError not_found for another device's pinned key
 */
export async function readAuthorizedKeys(
  ctx: Pick<AppContext, 'db' | 'now' | 'background'>,
  caller: Caller,
  { fingerprint, ...address }: DeviceAddress & { fingerprint?: string | undefined },
): Promise<{ text: string; etag: string }> {
  const found = await findDevice(ctx, caller, address, 'fleet:read')
  const keys = await listOpenKeys(ctx, found)
  const offered = keys.filter((key) => key.fingerprint === fingerprint).map(({ ssh_key_id }) => ssh_key_id)
  const isOwnRobot = caller.kind === 'organization' && caller.pinned_device_id === found.device_id
  if (offered.length > 0 && isOwnRobot) {
    const at = ctx.now().toISOString()
    ctx.background.add('SSH key used', () => noteSshKeyUsed(ctx, offered, at))
  }
  const text = keys.map(({ type, public_key, who }) => `${type} ${public_key} ${oneLine(who)}\n`).join('')
  const hash = createHash('sha256').update(found.device_id).update(text).digest('base64url')
  return { text, etag: `"${hash}"` }
}

/** A name can never begin a line of its own. */
function oneLine(text: string): string {
  return text.replace(INVISIBLE, '').replace(/[\u2028\u2029]/g, '')
}
