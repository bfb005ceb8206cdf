import { actorOf, recordEvent } from '../audit/audit.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { isUniqueViolation } from '../db/errors.ts'
import { newId } from '../db/ids.ts'
import type { Database } from '../db/open.ts'
import { AppError } from '../errors.ts'
import { requireCredentialScope } from '../organizations/permissions.ts'
import { bitsOf, GOOD_RSA_BITS, readPublicKey, refusePrivateKey } from './public-key.ts'

/** A public key of one's own. */
export interface SshKey {
  /** `ssh_…` */
  id: string
  name: string
  /** `ssh-ed25519`, … */
  type: string
  bits: number
  /** `SHA256:…`, as `ssh-keygen -lf` prints it. */
  fingerprint: string
  comment: string
  /** What would be better about it; null when nothing is. */
  warning: string | null
  created_at: string
  last_used_at: string | null
  /** Where it opens the door. */
  devices: { id: string; name: string; organization: string; project: string }[]
}

type Ctx = Pick<AppContext, 'db' | 'now'>

/** Whoever acts for a person here: they themselves, or their own key. */
export type Owner = Caller & { account_id: string }

/**
 * Whose SSH keys a caller manages: a person's own, with `keys:manage` where the credential has scopes; those of its
 * owner for a personal `rt_` key with `fleet:write`, which is what `robotrace login --scope fleet:write` saves.
 *
 * @throws AppError forbidden for keys of the organization, and for keys that are pinned: what lies on a robot does not
 *   open other doors; insufficient_scope
 */
export function ownerOf(caller: Caller): Owner {
  if (caller.kind === 'person') {
    requireCredentialScope(caller, 'keys:manage')
    return caller
  }
  const { account_id, pinned_project_id, pinned_device_id } = caller
  if (account_id === null || pinned_project_id !== null || pinned_device_id !== null) {
    throw new AppError(
      'forbidden',
      'SSH keys belong to people. Use a personal key that is not pinned, an API token or the portal.',
    )
  }
  requireCredentialScope(caller, 'fleet:write')
  return { ...caller, account_id }
}

const MOST_KEYS = 50
const COLUMNS = [
  'id',
  'name',
  'type',
  'public_key',
  'fingerprint',
  'comment',
  'created_at',
  'last_used_at',
] as const

interface SshKeyRow extends Omit<SshKey, 'bits' | 'warning' | 'devices'> {
  public_key: string
}

/** One's own keys, newest first, each with the devices it is selected for. */
export async function listSshKeys(
  ctx: Pick<AppContext, 'db'>,
  caller: Pick<Owner, 'account_id'>,
): Promise<SshKey[]> {
  const rows = await ctx.db
    .selectFrom('ssh_keys')
    .select(COLUMNS)
    .where('account_id', '=', caller.account_id)
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  const selected = await ctx.db
    .selectFrom('device_ssh_keys as s')
    .innerJoin('ssh_keys as k', 'k.id', 's.ssh_key_id')
    .innerJoin('devices as d', 'd.id', 's.device_id')
    .innerJoin('projects as p', 'p.id', 'd.project_id')
    .innerJoin('organizations as o', 'o.id', 'd.organization_id')
    .select(['s.ssh_key_id', 'd.id', 'd.name', 'o.slug as organization', 'p.slug as project'])
    .where('k.account_id', '=', caller.account_id)
    .where('d.removed_at', 'is', null)
    .orderBy('d.name')
    .execute()
  return rows.map((row) => {
    const devices = selected.filter((one) => one.ssh_key_id === row.id)
    return toSshKey(
      row,
      devices.map(({ ssh_key_id: _, ...device }) => device),
    )
  })
}

/**
 * Keeps a public key for its owner to select where it is used. By itself it opens nothing.
 *
 * @param key_text the text of a .pub file
 * @throws AppError invalid_request about `key_text`, which is never repeated; conflict when it is there already
 */
export async function addSshKey(
  ctx: Ctx,
  caller: Owner,
  { name, key_text }: { name: string; key_text: string },
): Promise<SshKey> {
  // Whoever takes the wrong file may take the wrong field as well.
  refusePrivateKey(name)
  const key = readPublicKey(key_text)
  const created_at = ctx.now().toISOString()
  const row = { id: newId('ssh'), name, ...key, created_at, last_used_at: null }
  await ctx.db.transaction().execute(async (trx) => {
    await refuseTooMany(trx, caller.account_id)
    await trx
      .insertInto('ssh_keys')
      .values({ ...row, account_id: caller.account_id })
      .execute()
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? alreadyThere() : error
      })
    await recordEvent(trx, created_at, { action: 'ssh_key.added', ...changeOf(caller, row) })
  })
  return toSshKey(row, [])
}

async function refuseTooMany(trx: Database, account_id: string): Promise<void> {
  const { held } = await trx
    .selectFrom('ssh_keys')
    .select((eb) => eb.fn.countAll<number>().as('held'))
    .where('account_id', '=', account_id)
    .executeTakeFirstOrThrow()
  if (held >= MOST_KEYS) throw new AppError('conflict', `You have ${MOST_KEYS} SSH keys. Remove some first.`)
}

function alreadyThere(): AppError {
  const message = 'is among your SSH keys already'
  return new AppError('conflict', `key_text: ${message}.`, { errors: [{ path: 'key_text', message }] })
}

/**
 * Forgets a key, and with it every device's permission: it is refused from the device's next contact on.
 *
 * @throws AppError not_found for somebody else's key, as if it did not exist
 */
export async function removeSshKey(
  ctx: Ctx,
  caller: Owner,
  id: string,
): Promise<{ id: string; removed_at: string }> {
  const removed_at = ctx.now().toISOString()
  await ctx.db.transaction().execute(async (trx) => {
    const row = await trx
      .selectFrom('ssh_keys')
      .select(['id', 'name', 'type', 'fingerprint'])
      .where('id', '=', id)
      .where('account_id', '=', caller.account_id)
      .executeTakeFirst()
    if (!row) throw new AppError('not_found', 'No such SSH key.')
    await trx.deleteFrom('device_ssh_keys').where('ssh_key_id', '=', id).execute()
    await trx.deleteFrom('ssh_keys').where('id', '=', id).execute()
    await recordEvent(trx, removed_at, { action: 'ssh_key.removed', ...changeOf(caller, row) })
  })
  return { id, removed_at }
}

function changeOf(
  caller: Owner,
  { id, name, type, fingerprint }: { id: string; name: string; type: string; fingerprint: string },
) {
  return { actor: actorOf(caller), target: id, detail: { name, type, fingerprint } }
}

/** Notes that a key has just been offered at a door it opens. A time never moves backwards. */
export async function noteSshKeyUsed(ctx: Pick<AppContext, 'db'>, ids: string[], at: string): Promise<void> {
  await ctx.db
    .updateTable('ssh_keys')
    .set({ last_used_at: at })
    .where('id', 'in', ids)
    .where((eb) => eb.or([eb('last_used_at', 'is', null), eb('last_used_at', '<', at)]))
    .execute()
}

function toSshKey({ public_key, ...row }: SshKeyRow, devices: SshKey['devices']): SshKey {
  const { id, name, type, fingerprint, comment, created_at, last_used_at } = row
  const bits = bitsOf(type, public_key)
  const warning =
    type === 'ssh-rsa' && bits < GOOD_RSA_BITS
      ? `RSA with ${bits} bits is taken, but on its way out. Make an Ed25519 key with ssh-keygen -t ed25519.`
      : null
  return { id, name, type, bits, fingerprint, comment, warning, created_at, last_used_at, devices }
}
