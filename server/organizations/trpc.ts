import { z } from 'zod'
import { line } from '../http/text.ts'
import { router, staff } from '../procedures.ts'
import { createClient, getClient, listClients, setRateLimit } from './organizations.ts'

const slug = z
  .string()
  .max(48, 'must have at most 48 characters')
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lower-case letters, digits and single hyphens, such as halcyon-lab',
  )

const rateLimit = z
  .number('must be a whole number')
  .int('must be a whole number')
  .min(1, 'must be at least 1')
  .max(1_000_000, 'must be at most 1000000')

/** Admin → Clients: staff's view of the organizations. */
export const clientsRouter = router({
  list: staff.query(({ ctx }) => listClients(ctx.app)),
  get: staff
    .input(z.object({ id: z.string().max(64) }))
    .query(({ ctx, input }) => getClient(ctx.app, input.id)),
  create: staff
    .input(z.object({ name: line(1, 80), slug: slug.optional() }))
    .mutation(({ ctx, input }) => createClient(ctx.app, ctx.person, input)),
  setRateLimit: staff
    .input(z.object({ id: z.string().max(64), rate_limit: rateLimit.nullable() }))
    .mutation(({ ctx, input }) => setRateLimit(ctx.app, ctx.person, input)),
})
