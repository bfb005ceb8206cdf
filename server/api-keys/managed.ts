import type { Caller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { isVisible, requireRole } from '../organizations/permissions.ts'
import { isWithin, makerOf, requireMinter } from './grants.ts'
import type { KeyPrefix } from './key-format.ts'

type Ctx = Pick<AppContext, 'db' | 'now'>

/** What decides who may change a key, and what a rotation copies. */
export interface ManagedKey {
  id: string
  prefix: KeyPrefix
  organization_id: string | null
  account_id: string | null
  project_id: string | null
  device_id: string | null
  label: string
  note: string | null
  scopes: string
  hostname: string | null
  sdk_version: string | null
  created_by: string
  created_at: string
  expires_at: string | null
  rotated_to: string | null
  revoked_at: string | null
}

/**
 * The key, once the caller may do this to it: people by their role, members to what they made, everybody to what is
 * theirs; a key to others with keys:manage and within its pin, and it may always end itself.
 *
 * @param within the organization that an address names: a key of another one does not exist there
 * @throws AppError not_found for what is not the caller's, as if it did not exist; forbidden, insufficient_scope
 */
export async function findManaged(
  ctx: Ctx,
  caller: Caller,
  id: string,
  { organization_id, to }: { organization_id?: string; to: 'revoke' | 'edit' | 'rotate' },
): Promise<ManagedKey> {
  const key = await readKey(ctx, id)
  const elsewhere = organization_id !== undefined && key?.organization_id !== organization_id
  if (!key || elsewhere || !exists(caller, key)) throw unknown()
  const isItself = caller.credential.kind === 'api_key' && caller.credential.id === id
  if (isItself && to === 'revoke') return key
  if (caller.kind === 'organization' || caller.credential.kind === 'api_key') {
    await requireKeyManager(ctx, caller, key)
  } else requireManager(caller, key)
  return key
}

/** Whether the key is there at all for this caller. */
function exists(caller: Caller, key: ManagedKey): boolean {
  if (key.organization_id === null) return caller.kind === 'person' && key.account_id === caller.account_id
  if (caller.kind === 'organization') return caller.organization_id === key.organization_id
  return isVisible(caller, key.organization_id)
}

function requireManager(caller: PersonCaller, key: ManagedKey): void {
  if (key.account_id === caller.account_id || key.organization_id === null) return
  const isOwnWork = key.created_by === caller.account_id
  requireRole(caller, key.organization_id, isOwnWork ? 'member' : 'admin')
}

async function requireKeyManager(ctx: Ctx, caller: Caller, key: ManagedKey): Promise<void> {
  if (key.organization_id === null) {
    requireManagingScope(caller)
    return
  }
  requireMinter(caller, key.organization_id)
  if (!isWithin(await makerOf(ctx, caller), key)) throw unknown()
}

/** For personal keys of all organizations, where no one role decides. */
export function requireManagingScope(caller: Caller): void {
  if (caller.scopes === undefined || caller.scopes.split(' ').includes('keys:manage')) return
  throw new AppError('insufficient_scope', 'Not enough permissions: this key lacks the scope keys:manage.', {
    scope: 'keys:manage',
  })
}

async function readKey(ctx: Ctx, id: string): Promise<ManagedKey | undefined> {
  return ctx.db
    .selectFrom('api_keys')
    .select([
      'id',
      'prefix',
      'organization_id',
      'account_id',
      'project_id',
      'device_id',
      'label',
      'note',
      'scopes',
    ])
    .select(['hostname', 'sdk_version', 'created_by', 'created_at', 'expires_at', 'rotated_to', 'revoked_at'])
    .where('id', '=', id)
    .executeTakeFirst()
}

function unknown(): AppError {
  return new AppError('not_found', 'No such API key.')
}
