import { stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { listBackups, newestAt } from '../backup/layout.ts'
import { installationIn } from '../backup/owner.ts'
import type { AppContext } from '../context.ts'

/** What nobody counts as it happens: looked up when it is read. */
export function addGauges(
  { Gauge }: typeof import('prom-client'),
  registry: Registry,
  { db, config, now }: Pick<AppContext, 'db' | 'config' | 'now'>,
): void {
  const file = join(config.data, 'robotrace.db')
  const gauge = (name: string, help: string, find: () => Promise<number>): void => {
    new Gauge({
      ...{ name: `robotrace_${name}`, help, registers: [registry] },
      async collect() {
        this.set(await find())
      },
    })
  }
  gauge('database_bytes', 'Size of the database file', () => sizeOf(file))
  gauge('database_wal_bytes', 'Size of its write-ahead log', () => sizeOf(`${file}-wal`))
  gauge('disk_free_bytes', 'What the disk of the data folder has left', () => freeOn(config.data))
  gauge('stored_bytes', 'Bytes that all organizations together keep', async () => {
    const total = db.selectFrom('organization_usage').select(({ fn }) => fn.sum<number>('bytes').as('bytes'))
    return (await total.executeTakeFirst())?.bytes ?? 0
  })
  const { backup } = config
  if (backup) {
    const help = 'When the newest whole backup in the folder of backups was made; 0: there is none'
    gauge('backup_last_success_timestamp_seconds', help, () =>
      lastBackup(config.data, backup.to, now).catch(() => 0),
    )
  }
  new Gauge({
    ...{ name: 'robotrace_episodes', help: 'Episodes that are kept', labelNames: ['status'] },
    registers: [registry],
    async collect() {
      this.reset()
      for (const { status, n } of await countEpisodes(db)) this.set({ status }, n)
    },
  })
}

/** From the totals of each day, which triggers keep: nothing counts a large table. */
function countEpisodes(db: AppContext['db']): Promise<{ status: string; n: number }[]> {
  return db
    .selectFrom('episode_days')
    .select(({ fn }) => ['status', fn.sum<number>('n').as('n')])
    .where('device_id', '=', '')
    .groupBy('status')
    .execute()
}

/** From what is there, as the schedule looks for it: a server that was just started knows it as well. */
async function lastBackup(data: string, folder: string, now: () => Date): Promise<number> {
  const at = newestAt(await listBackups(folder), now(), installationIn(data))
  return at === undefined ? 0 : Date.parse(at) / 1000
}

async function sizeOf(path: string): Promise<number> {
  // The log is not there until something has been written.
  return stat(path).then(
    ({ size }) => size,
    () => 0,
  )
}

async function freeOn(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return bavail * bsize
}
