import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { makeKey } from '../server/api-keys/key-format.ts'
import { newId } from '../server/db/ids.ts'

/**
 * Writes so many robots straight into the file, `arm-0` and on, each with the key that is pinned to it.
 *
 * @returns the keys, in the order of the robots
 */
export function fillRobots(
  folder: string,
  { organization_id, account_id }: { organization_id: string; account_id: string },
  count: number,
): string[] {
  const sqlite = new Sqlite(join(folder, 'robotrace.db'))
  const at = '2026-01-01T00:00:00.000Z'
  const project = sqlite.prepare<[string], { id: string }>(
    'SELECT id FROM projects WHERE organization_id = ?',
  )
  const project_id = project.get(organization_id)?.id
  const insertRobot = sqlite.prepare(
    `INSERT INTO devices (id, organization_id, project_id, name, status, confirmed_at, created_by, created_at)
     VALUES (?, ?, ?, ?, 'offline', '${at}', ?, '${at}')`,
  )
  const insertKey = sqlite.prepare(
    `INSERT INTO api_keys (id, prefix, organization_id, project_id, device_id, label, secret_hash, scopes, created_by,
       created_at, use_count)
     VALUES (?, 'rt', ?, ?, ?, 'bench', ?, 'episodes:write fleet:read', ?, '${at}', 0)`,
  )
  const keys: string[] = []
  sqlite.transaction(() => {
    for (let nth = 0; nth < count; nth++) {
      const device_id = newId('dev')
      const { key, id, hash } = makeKey()
      insertRobot.run(device_id, organization_id, project_id, `arm-${nth}`, account_id)
      insertKey.run(id, organization_id, project_id, device_id, hash, account_id)
      keys.push(key)
    }
  })()
  sqlite.pragma('wal_checkpoint(TRUNCATE)')
  sqlite.close()
  return keys
}
