import { type ApiKey, findApiKeys } from '../api-keys/list.ts'
import type { PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { requireRole } from '../organizations/permissions.ts'
import { type DeviceAddress, findDevice } from './devices.ts'

/**
 * The API keys that are good for one device alone, newest first, revoked ones included. Any member may look.
 *
 * @throws AppError not_found, forbidden
 */
export async function listDeviceKeys(
  ctx: Pick<AppContext, 'db' | 'now'>,
  caller: PersonCaller,
  input: DeviceAddress,
): Promise<{ items: ApiKey[] }> {
  const { device_id, place } = await findDevice(ctx, caller, input, 'fleet:read')
  requireRole(caller, place.organization_id, 'viewer')
  return { items: await findApiKeys(ctx, { organization_id: place.organization_id, device_id }) }
}
