import { z } from 'zod'
import { line } from '../http/text.ts'
import { router, signedIn, staff, verified } from '../procedures.ts'
import { getKeyPolicy, setKeyPolicy, setRateLimit } from './key-policy.ts'
import { createClient, getClient, listClients } from './organizations.ts'

const slug = z
  .string()
  .max(48, 'must have at most 48 characters')
  .regex(
    /^[a-z0-9]+(-[a-z0-9]+)*$/,
    'must be lower-case letters, digits and single hyphens, such as halcyon-lab',
  )

/** Admin → Clients: staff's view of the organizations. */
export const clientsRouter = router({
  list: staff.query(({ ctx }) => listClients(ctx.app)),
  get: staff
    .input(z.object({ id: z.string().max(64) }))
    .query(({ ctx, input }) => getClient(ctx.app, input.id)),
  create: staff
    .input(z.object({ name: line(1, 80), slug: slug.optional() }))
    .mutation(({ ctx, input }) => createClient(ctx.app, ctx.person, input)),
})

const organization = z.object({ organization_id: z.uuid() })

/** What an organization asks of its keys: its admins set it, the rate is staff's. */
export const keyPolicyRouter = router({
  get: signedIn
    .input(organization)
    .query(({ ctx, input }) => getKeyPolicy(ctx.app, ctx.person, input.organization_id)),
  set: verified
    .input(
      organization.extend({
        key_days_max: z
          .int('must be a whole number of days')
          .min(1, 'must be at least 1 day')
          .max(3650, 'must be at most 3650 days')
          .nullable(),
        leaked_keys: z.enum(['revoke', 'notify']),
      }),
    )
    .mutation(({ ctx, input }) => setKeyPolicy(ctx.app, ctx.person, input)),
  setRateLimit: staff
    .input(
      organization.extend({
        rate_limit: z
          .int('must be a whole number')
          .min(1, 'must be at least 1 request a minute')
          .max(1_000_000, 'must be at most 1000000 requests a minute')
          .nullable(),
      }),
    )
    .mutation(({ ctx, input }) => setRateLimit(ctx.app, ctx.person, input)),
})
