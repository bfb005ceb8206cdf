import type { WebhookAttempt } from '../../sdk/wire.ts'
import type { Database } from '../db/open.ts'
import type { Outcome } from './settle.ts'

/** So many of a delivery are kept: all that are made by themselves, and as many again by hand. */
const KEPT = 16

/** Writes down what came of an attempt, beside those before it. A delivery that is gone by now has no log. */
export async function logAttempt(
  trx: Database,
  { id, attempts }: { id: string; attempts: number },
  { answer, error, begun_at, duration_ms }: Outcome,
): Promise<void> {
  const values = { response_status: answer?.status ?? null, response_body: answer?.body ?? null, error }
  await trx
    .insertInto('webhook_attempts')
    .columns([
      ...(['delivery_id', 'number', 'begun_at', 'duration_ms'] as const),
      ...(['response_status', 'response_body', 'error'] as const),
    ])
    .expression(({ selectFrom, val }) =>
      selectFrom('webhook_deliveries')
        .select('id')
        .select([
          val(attempts).as('number'),
          val(begun_at).as('begun_at'),
          val(duration_ms).as('duration_ms'),
        ])
        .select([
          val(values.response_status).as('response_status'),
          val(values.response_body).as('response_body'),
          val(values.error).as('error'),
        ])
        .where('id', '=', id),
    )
    .execute()
  await trx
    .deleteFrom('webhook_attempts')
    .where('delivery_id', '=', id)
    .where('number', '<=', attempts - KEPT)
    .execute()
}

/** The attempts of a delivery, first to last. */
export async function readAttempts(db: Database, delivery_id: string): Promise<WebhookAttempt[]> {
  return db
    .selectFrom('webhook_attempts')
    .select(['number', 'begun_at', 'duration_ms', 'response_status', 'response_body', 'error'])
    .where('delivery_id', '=', delivery_id)
    .orderBy('number')
    .execute()
}
