import type Sqlite from 'better-sqlite3'

/**
 * Totals that lists show and pages are found by, kept in the transaction of each change: nothing counts a large
 * table. Triggers are spelled differently by each database, so they cannot stand in schema.sql; these are SQLite's.
 *
 * @example keepRollups(sqlite)
 */
export function keepRollups(sqlite: Sqlite.Database): void {
  for (const text of [...episodeDays(), ...deviceCounts(), ...organizationUsage(), ...deliveryCounts()])
    sqlite.exec(text)
}

/** Each episode counts twice: for its project, and for its device when it has one. */
function episodeDays(): string[] {
  const add = (row: 'NEW' | 'OLD', n: 1 | -1): string => `
    INSERT INTO episode_days (project_id, device_id, status, day, n)
      SELECT ${row}.project_id, '', ${row}.status, substr(${row}.created_at, 1, 10), ${n}
      WHERE ${row}.archived_at IS NULL
      ON CONFLICT (project_id, device_id, status, day) DO UPDATE SET n = n + ${n};
    INSERT INTO episode_days (project_id, device_id, status, day, n)
      SELECT ${row}.project_id, ${row}.device_id, ${row}.status, substr(${row}.created_at, 1, 10), ${n}
      WHERE ${row}.archived_at IS NULL AND ${row}.device_id IS NOT NULL
      ON CONFLICT (project_id, device_id, status, day) DO UPDATE SET n = n + ${n};`
  return [
    `CREATE TRIGGER episode_days_insert AFTER INSERT ON episodes BEGIN ${add('NEW', 1)} END`,
    `CREATE TRIGGER episode_days_update AFTER UPDATE OF status, device_id, archived_at, created_at ON episodes
      BEGIN ${add('OLD', -1)} ${add('NEW', 1)} END`,
    `CREATE TRIGGER episode_days_delete AFTER DELETE ON episodes BEGIN ${add('OLD', -1)} END`,
  ]
}

function deviceCounts(): string[] {
  const add = (row: 'NEW' | 'OLD', n: 1 | -1): string => `
    INSERT INTO device_counts (project_id, status, type, confirmed, n)
      SELECT ${row}.project_id, ${row}.status, coalesce(${row}.type, ''), ${row}.confirmed_at IS NOT NULL, ${n}
      WHERE ${row}.removed_at IS NULL
      ON CONFLICT (project_id, status, type, confirmed) DO UPDATE SET n = n + ${n};`
  return [
    `CREATE TRIGGER device_counts_insert AFTER INSERT ON devices BEGIN ${add('NEW', 1)} END`,
    `CREATE TRIGGER device_counts_update AFTER UPDATE OF status, type, confirmed_at, removed_at ON devices
      WHEN OLD.status <> NEW.status OR OLD.type IS NOT NEW.type OR (OLD.confirmed_at IS NULL) <> (NEW.confirmed_at IS NULL)
        OR (OLD.removed_at IS NULL) <> (NEW.removed_at IS NULL)
      BEGIN ${add('OLD', -1)} ${add('NEW', 1)} END`,
    `CREATE TRIGGER device_counts_delete AFTER DELETE ON devices BEGIN ${add('OLD', -1)} END`,
  ]
}

function deliveryCounts(): string[] {
  const add = (row: 'NEW' | 'OLD', n: 1 | -1): string => `
    INSERT INTO webhook_delivery_counts (webhook_id, n) VALUES (${row}.webhook_id, ${n})
      ON CONFLICT (webhook_id) DO UPDATE SET n = n + ${n};`
  return [
    `CREATE TRIGGER delivery_counts_insert AFTER INSERT ON webhook_deliveries BEGIN ${add('NEW', 1)} END`,
    `CREATE TRIGGER delivery_counts_delete AFTER DELETE ON webhook_deliveries BEGIN ${add('OLD', -1)} END`,
  ]
}

/**
 * What an organization stores: its artifacts, its capsules, and what waits to be removed until it is gone. An artifact
 * is its episode's, which is still there when it goes: rows are deleted from the leaves up.
 */
function organizationUsage(): string[] {
  const upsert = 'ON CONFLICT (organization_id) DO UPDATE SET bytes = bytes + excluded.bytes;'
  const artifact = (row: 'NEW' | 'OLD', sign: '' | '-'): string => `
    INSERT INTO organization_usage (organization_id, bytes)
      SELECT organization_id, ${sign}${row}.size_bytes FROM episodes WHERE id = ${row}.episode_id ${upsert}`
  const own = (row: 'NEW' | 'OLD', sign: '' | '-', counts = 'true'): string => `
    INSERT INTO organization_usage (organization_id, bytes)
      SELECT ${row}.organization_id, ${sign}${row}.size_bytes WHERE ${counts} ${upsert}`
  const capsule = (row: 'NEW' | 'OLD', sign: '' | '-'): string => own(row, sign, `${row}.removed_at IS NULL`)
  return [
    `CREATE TRIGGER usage_artifacts_insert AFTER INSERT ON artifacts BEGIN ${artifact('NEW', '')} END`,
    `CREATE TRIGGER usage_artifacts_update AFTER UPDATE OF size_bytes ON artifacts BEGIN
      INSERT INTO organization_usage (organization_id, bytes)
        SELECT organization_id, NEW.size_bytes - OLD.size_bytes FROM episodes WHERE id = NEW.episode_id ${upsert} END`,
    `CREATE TRIGGER usage_artifacts_delete AFTER DELETE ON artifacts BEGIN ${artifact('OLD', '-')} END`,
    `CREATE TRIGGER usage_capsules_insert AFTER INSERT ON capsules BEGIN ${capsule('NEW', '')} END`,
    `CREATE TRIGGER usage_capsules_update AFTER UPDATE OF organization_id, size_bytes, removed_at ON capsules
      BEGIN ${capsule('OLD', '-')} ${capsule('NEW', '')} END`,
    `CREATE TRIGGER usage_capsules_delete AFTER DELETE ON capsules BEGIN ${capsule('OLD', '-')} END`,
    `CREATE TRIGGER usage_removals_insert AFTER INSERT ON blob_removals BEGIN ${own('NEW', '')} END`,
    `CREATE TRIGGER usage_removals_update AFTER UPDATE OF organization_id, size_bytes ON blob_removals
      BEGIN ${own('OLD', '-')} ${own('NEW', '')} END`,
    `CREATE TRIGGER usage_removals_delete AFTER DELETE ON blob_removals BEGIN ${own('OLD', '-')} END`,
    `CREATE TRIGGER usage_below_quota AFTER UPDATE OF bytes ON organization_usage WHEN NEW.bytes < OLD.bytes BEGIN
      UPDATE organizations SET quota_reached_bytes = NULL
        WHERE id = NEW.organization_id AND quota_reached_bytes > NEW.bytes; END`,
  ]
}
