import type { PersonCaller } from '../caller.ts'
import { listOwnOrganizations } from '../organizations/organizations.ts'
import { open, type PortalContext, router, signedIn } from '../procedures.ts'
import { changePassword } from './accounts.ts'
import { clearSessionCookie, isKnownDevice, setSessionCookie } from './cookies.ts'
import { changePasswordInput, setupInput, signInInput } from './schema.ts'
import { endAllSessions, endOwnSession, listSessions } from './sessions.ts'
import { completeSetup, isSetupNeeded } from './setup.ts'
import { signIn } from './sign-in.ts'

export const accountsRouter = router({
  /** Null for somebody who is not signed in: asking is not an error. */
  me: open.query(async ({ ctx }) => {
    if (!ctx.person) return null
    const { account_id: id, email, name, staff } = ctx.person
    return {
      account: { id, email, name, staff },
      organizations: await listOwnOrganizations(ctx.app, id),
      public_url: ctx.app.config.public_url,
    }
  }),
  signIn: open.input(signInInput).mutation(async ({ ctx, input }) => {
    const { account, session } = await signIn(ctx.app, input, {
      ...ctx.anonymous,
      isKnownDevice: (account_id) => isKnownDevice(ctx.app, ctx.request, account_id),
    })
    // The old session is not adopted: whoever planted its cookie stays outside.
    await leave(ctx)
    setSessionCookie(ctx.app, ctx.response, { session, account_id: account.id })
    return { account }
  }),
  signOut: open.mutation(async ({ ctx }) => {
    await leave(ctx)
    clearSessionCookie(ctx.app, ctx.response)
    return { signed_out: true }
  }),
  signOutEverywhere: signedIn.mutation(async ({ ctx }) => {
    const sessions_ended = await endAllSessions(ctx.app, ctx.person)
    clearSessionCookie(ctx.app, ctx.response)
    return { sessions_ended }
  }),
  changePassword: signedIn.input(changePasswordInput).mutation(async ({ ctx, input }) => {
    const { session, sessions_ended } = await changePassword(ctx.app, ctx.person, input)
    setSessionCookie(ctx.app, ctx.response, { session, account_id: ctx.person.account_id })
    return { sessions_ended }
  }),
  sessions: signedIn.query(({ ctx }) => listSessions(ctx.app, ctx.person)),
})

export const setupRouter = router({
  status: open.query(async ({ ctx }) => ({ needed: await isSetupNeeded(ctx.app) })),
  complete: open.input(setupInput).mutation(async ({ ctx, input }) => {
    const { account, session } = await completeSetup(ctx.app, input, ctx.anonymous)
    setSessionCookie(ctx.app, ctx.response, { session, account_id: account.id })
    return { account }
  }),
})

async function leave(ctx: PortalContext & { person: PersonCaller | undefined }): Promise<void> {
  if (ctx.person) await endOwnSession(ctx.app, ctx.person)
}
