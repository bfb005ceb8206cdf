import Sqlite from 'better-sqlite3'
import { HASHED_COLUMNS, hashEvent, NO_HASH } from '../audit/audit.ts'
import { newId } from '../db/ids.ts'
import type { AuditEventsTable } from '../db/schema.gen.ts'

/** What somebody who restores has to know: a snapshot cannot tell what was revoked after it. */
export interface AfterRestore {
  /** Sign-ins that were ended. */
  sessions_ended: number
  /** Credentials that are good again, whatever became of them after the snapshot. */
  live: { api_keys: number; api_tokens: number; enrolment_tokens: number; invitations: number }
}

interface Restored {
  keep_sessions?: boolean | undefined
  now: () => Date
  /** The backup's. */
  name: string
  manifest: { at: string; schema: number }
  left_out: { count: number }
}

/** What only lives for a while, and costs no more than to begin again. */
const HALF_DONE = [
  'DELETE FROM challenges',
  "DELETE FROM device_logins WHERE status IN ('pending', 'approved')",
  'DELETE FROM password_resets WHERE used_at IS NULL',
  'DELETE FROM setup_links WHERE used_at IS NULL',
]

/** The first schema whose trail knows operators. */
const OPERATORS_SINCE = 4

/**
 * Ends what might have been ended after the snapshot already, where that costs a sign-in at most, and writes the restore
 * into the audit trail. Keys stay as they were: what was revoked is, and robots go on.
 */
export function settleRestored(file: string, restored: Restored): AfterRestore {
  const database = new Sqlite(file)
  try {
    return database.transaction(() => {
      const sessions_ended = restored.keep_sessions ? 0 : endSessions(database)
      if (restored.manifest.schema >= OPERATORS_SINCE) record(database, restored, sessions_ended)
      return { sessions_ended, live: countLive(database, restored.now().toISOString()) }
    })()
  } finally {
    database.close()
  }
}

function endSessions(database: Sqlite.Database): number {
  for (const statement of HALF_DONE) database.prepare(statement).run()
  return database.prepare('DELETE FROM sessions').run().changes
}

function countLive(database: Sqlite.Database, at: string): AfterRestore['live'] {
  const count = (from: string): number => {
    const row = database.prepare<[string], { n: number }>(`SELECT count(*) AS n FROM ${from}`).get(at)
    return row?.n ?? 0
  }
  return {
    api_keys: count('api_keys WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ?)'),
    api_tokens: count('api_tokens WHERE revoked_at IS NULL AND expires_at > ?'),
    enrolment_tokens: count(
      'enrolment_tokens WHERE revoked_at IS NULL AND use_count < uses_max AND expires_at > ?',
    ),
    invitations: count('invitations WHERE revoked_at IS NULL AND accepted_at IS NULL AND expires_at > ?'),
  }
}

/** In the chain, so that nobody can say that the trail simply goes on. */
function record(
  database: Sqlite.Database,
  { name, manifest, now, left_out }: Restored,
  sessions_ended: number,
): void {
  const last = database
    .prepare<[], { seq: number; hash: string }>(
      'SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1',
    )
    .get()
  const row: Omit<AuditEventsTable, 'hash'> = {
    ...{ seq: (last?.seq ?? 0) + 1, id: newId('ev'), at: now().toISOString() },
    ...{ action: 'installation.restored', outcome: 'success', target: name },
    ...{ actor_kind: 'operator', actor_id: null, credential_id: null, organization_id: null },
    ...{ ip: '', user_agent: '', request_id: null, previous_hash: last?.hash ?? NO_HASH },
    detail: JSON.stringify({
      ...{ backup_at: manifest.at, sessions_ended },
      ...(left_out.count > 0 && { left_out: left_out.count }),
    }),
  }
  const columns = [...HASHED_COLUMNS, 'hash']
  database
    .prepare(
      `INSERT INTO audit_events (${columns.join(', ')}) VALUES (${columns.map((one) => `@${one}`).join(', ')})`,
    )
    .run({ ...row, hash: hashEvent(row) })
}
