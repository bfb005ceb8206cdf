import type { TestServer } from './harness.ts'

/**
 * What the audit trail tells, the first first.
 *
 * @param target left out: of everything
 */
export async function audited(server: TestServer, target?: string): Promise<string[]> {
  let events = server.ctx.db.selectFrom('audit_events').select('action').orderBy('seq')
  if (target !== undefined) events = events.where('target', '=', target)
  return (await events.execute()).map(({ action }) => action)
}
