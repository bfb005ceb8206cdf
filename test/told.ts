import type { TestServer } from './harness.ts'

/** An event for webhooks: still in the outbox, or on its way in a delivery. */
export interface Told {
  type: string
  target: string
  name: unknown
}

/** What webhooks are told of devices, wherever it is by now: the worker may come in between at any moment. */
export function toldOfDevices(server: TestServer): Promise<Told[]> {
  return server.ctx.db.transaction().execute(async (trx) => {
    const waiting = await trx.selectFrom('outbox').selectAll().execute()
    const leaving = await trx.selectFrom('webhook_deliveries').select(['type', 'body']).execute()
    return [
      ...leaving.map(({ type, body }) => {
        const { data } = JSON.parse(body)
        return { type, target: String(data.device_id), name: data.name }
      }),
      ...waiting.map(({ type, target, detail }) => ({ type, target, name: JSON.parse(detail).name })),
    ]
  })
}
