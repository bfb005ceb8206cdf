import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mintApiKey } from '../server/api-keys/api-keys.ts'
import type { TestServer } from './harness.ts'
import { portalClient } from './portal-client.ts'
import type { Person, Tenant } from './seed.ts'

/** A pair that ssh-keygen made; the files are gone with the test. */
export interface KeyPair extends Disposable {
  /** Path of the private half; the public one is beside it. */
  file: string
  public_text: string
  private_text: string
  /** As `ssh-keygen -lf` prints it. */
  fingerprint: string
}

/** @example using pair = keyPair() */
export function keyPair(...options: string[]): KeyPair {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-pair-'))
  const file = join(folder, 'demokey')
  const type = options.length > 0 ? options : ['-t', 'ed25519']
  execFileSync('ssh-keygen', ['-q', '-N', '', '-C', 'art@laptop', '-f', file, ...type])
  const [, fingerprint = ''] = execFileSync('ssh-keygen', ['-lf', `${file}.pub`], { encoding: 'utf8' }).split(
    ' ',
  )
  return {
    file,
    public_text: readFileSync(`${file}.pub`, 'utf8'),
    private_text: readFileSync(file, 'utf8'),
    fingerprint,
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Where a tenant's devices are, for the portal's calls. */
export function projectOf({ organization_id }: Tenant): { org: string; project: string } {
  return { org: organization_id, project: 'default' }
}

/** The path of a device's file of keys. */
export function authorizedKeysPath({ organization_id }: Tenant, device: string): string {
  return `/api/v1/organizations/${organization_id}/projects/default/devices/${device}/authorized_keys`
}

/** A device of the tenant, with a key that is pinned to it. */
export async function device(
  server: TestServer,
  at: Tenant,
  name = 'arm-7',
): Promise<{ id: string; key: string }> {
  const { id } = await portalClient(server, at.owner).fleet.create.mutate({ ...projectOf(at), name })
  const { key, api_key } = await mintApiKey(server.ctx, at.owner.caller, {
    organization_id: at.organization_id,
    label: name,
  })
  await server.ctx.db
    .updateTable('api_keys')
    .set({ device_id: id, scopes: 'fleet:read' })
    .where('id', '=', api_key.id)
    .execute()
  return { id, key }
}

/** Uploads a public key and lets it in at the device. */
export async function letIn(
  server: TestServer,
  at: Tenant,
  who: Person,
  { device, key_text }: { device: string; key_text: string },
): Promise<string> {
  const portal = portalClient(server, who)
  const { id } = await portal.sshKeys.add.mutate({ name: 'laptop', key_text })
  await portal.fleet.selectDoorKey.mutate({ ...projectOf(at), device, ssh_key_id: id })
  return id
}
