import { z } from 'zod'
import { line } from '../http/text.ts'
import { router, signedIn, staff, verified } from '../procedures.ts'
import { getKeyPolicy, setKeyPolicy, setRateLimit } from './key-policy.ts'
import { createClient, getClient, listClients } from './organizations.ts'
import { getOrganization, renameOrganization } from './profile.ts'
import { changeProject, createProject, listProjects } from './projects.ts'
import { createProjectBody, editOrganization, editProject, slug } from './schema.ts'
import { getSecondFactorPolicy, setSecondFactorPolicy } from './second-factor-policy.ts'

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

const inOrganization = <Input extends { organization_id: string }>({ organization_id, ...input }: Input) => ({
  ...input,
  org: organization_id,
})

/** The settings of one organization, for the portal. */
export const organizationRouter = router({
  get: signedIn
    .input(organization)
    .query(({ ctx, input }) => getOrganization(ctx.app, ctx.person, inOrganization(input))),
  rename: signedIn
    .input(organization.extend(editOrganization.shape))
    .mutation(({ ctx, input }) => renameOrganization(ctx.app, ctx.person, inOrganization(input))),
  projects: signedIn
    .input(organization)
    .query(({ ctx, input }) => listProjects(ctx.app, ctx.person, inOrganization(input))),
  createProject: signedIn
    .input(organization.extend(createProjectBody.shape))
    .mutation(({ ctx, input }) => createProject(ctx.app, ctx.person, inOrganization(input))),
  changeProject: signedIn
    .input(organization.extend({ project: z.string().max(64), ...editProject.shape }))
    .mutation(({ ctx, input }) => changeProject(ctx.app, ctx.person, inOrganization(input))),
  secondFactor: signedIn
    .input(organization)
    .query(({ ctx, input }) => getSecondFactorPolicy(ctx.app, ctx.person, input.organization_id)),
  setSecondFactor: verified
    .input(organization.extend({ required: z.boolean() }))
    .mutation(({ ctx, input }) => setSecondFactorPolicy(ctx.app, ctx.person, input)),
})
