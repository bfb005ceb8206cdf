import { AppError } from '../errors.ts'
import { type Door, streamDoor } from '../http/door.ts'
import { sendJson } from '../http/send-json.ts'
import { enter } from '../organizations/act-within.ts'
import { refusePinned } from '../organizations/permissions.ts'
import { exportTrail } from './export.ts'
import { organizationTrailQuery, wholeTrailQuery } from './schema.ts'
import { listTrail } from './trail.ts'

export const auditDoors: Door[] = [
  streamDoor({
    method: 'GET',
    path: '/api/v1/organizations/:org/audit',
    caller: 'key_or_person',
    scope: 'admin',
    summary: 'Read the audit trail of an organization, or take it away as CSV or NDJSON',
    input: organizationTrailQuery,
    status: 200,
    answers:
      'A page, latest first: `{items, next_cursor}`; with `format=csv` or `format=ndjson` every row that fits, oldest first',
    refusals: ['forbidden', 'insufficient_scope', 'not_found'],
    example: { params: { org: 'acme' }, query: { action: 'api_key', limit: '20' } },
    async respond(ctx, input, caller, { request, response }) {
      const { org, format, cursor, limit, ...filter } = input
      refusePinned(caller, 'the audit trail')
      const { organization_id, organization_slug } = await enter(ctx, caller, { org }, 'admin')
      if (format === 'json' || request.method === 'HEAD') {
        sendJson(response, 200, await listTrail(ctx, { organization_id }, { ...filter, cursor, limit }))
        return
      }
      const name = `audit ${organization_slug}`
      await exportTrail(ctx, caller, { part: { organization_id }, filter, format, name }, response)
    },
  }),
  streamDoor({
    method: 'GET',
    path: '/api/v1/admin/audit',
    caller: 'person',
    scope: 'admin',
    summary: 'Take the whole audit trail away, in order and with its hashes; for staff',
    input: wholeTrailQuery,
    status: 200,
    answers: 'Every row, oldest first; without filters the chain can be checked (docs/audit.md)',
    refusals: ['forbidden', 'insufficient_scope'],
    example: {},
    async respond(ctx, { format, organization_id, ...filter }, caller, { request, response }) {
      if (!caller.staff) throw new AppError('forbidden')
      if (request.method === 'HEAD') {
        response.end()
        return
      }
      await exportTrail(ctx, caller, { part: { organization_id }, filter, format, name: 'audit' }, response)
    },
  }),
]
