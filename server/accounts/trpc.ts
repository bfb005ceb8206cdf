import type { PersonCaller } from '../caller.ts'
import { listOwnOrganizations } from '../organizations/organizations.ts'
import { open, type PortalContext, router, signedIn, staff, verified } from '../procedures.ts'
import { changePassword, renameAccount } from './accounts.ts'
import { askToConfirm, confirm } from './confirm.ts'
import { clearSessionCookie, isKnownDevice, setSessionCookie } from './cookies.ts'
import { canHavePasskeys, passkeyHost } from './passkey-host.ts'
import { addPasskey, removePasskey, startPasskey } from './passkeys.ts'
import { askReset, makeResetLink, resetPassword, viewReset } from './password-reset.ts'
import { remakeRecoveryCodes } from './recovery-codes.ts'
import {
  addPasskeyInput,
  askResetInput,
  changeNameInput,
  changePasswordInput,
  codeInput,
  confirmInput,
  finishSignInInput,
  idInput,
  passkeySignInInput,
  resetPasswordInput,
  resetToken,
  setupInput,
  signInInput,
} from './schema.ts'
import { readFactors } from './second-factor.ts'
import { listSessions } from './session-list.ts'
import { endAllSessions, endOtherSession, endOwnSession } from './sessions.ts'
import { completeSetup, isSetupNeeded } from './setup.ts'
import {
  finishSignIn,
  type SignedIn,
  type SignInOrigin,
  signIn,
  signInWithPasskey,
  startPasskeySignIn,
} from './sign-in.ts'
import { confirmTotp, removeTotp, startTotp } from './totp.ts'

type Ctx = PortalContext & { person: PersonCaller | undefined }

export const accountsRouter = router({
  /** Null for somebody who is not signed in: asking is not an error. */
  me: open.query(async ({ ctx }) => {
    if (!ctx.person) return null
    const { account_id: id, email, name, staff, locked } = ctx.person
    const own = await listOwnOrganizations(ctx.app, id)
    return {
      account: { id, email, name, staff },
      // `locked`: it requires a second factor that this person has not, and shows them nothing until they have.
      organizations: own.map((one) => ({ ...one, locked: locked.has(one.id) })),
      public_url: ctx.app.config.public_url,
    }
  }),
  /** Where passkeys can be used: the host name that the portal has to be opened at. */
  passkeyHost: open.query(({ ctx }) => ({ host: canHavePasskeys(ctx.app) ? passkeyHost(ctx.app) : null })),
  /** The account, or the second step when there is one. */
  signIn: open.input(signInInput).mutation(async ({ ctx, input }) => {
    const answer = await signIn(ctx.app, input, originOf(ctx))
    return 'session' in answer ? letIn(ctx, answer) : answer
  }),
  finishSignIn: open
    .input(finishSignInInput)
    .mutation(async ({ ctx, input }) => letIn(ctx, await finishSignIn(ctx.app, input, originOf(ctx)))),
  askPasskey: open.mutation(async ({ ctx }) => (await startPasskeySignIn(ctx.app, ctx.anonymous)) ?? null),
  signInWithPasskey: open
    .input(passkeySignInInput)
    .mutation(async ({ ctx, input }) => letIn(ctx, await signInWithPasskey(ctx.app, input, ctx.anonymous))),
  signOut: open.mutation(async ({ ctx }) => {
    await leave(ctx)
    clearSessionCookie(ctx.app, ctx.response)
    return { signed_out: true }
  }),
  signOutEverywhere: verified.mutation(async ({ ctx }) => {
    const sessions_ended = await endAllSessions(ctx.app, ctx.person)
    clearSessionCookie(ctx.app, ctx.response)
    return { sessions_ended }
  }),

  /** What can be confirmed with; a mutation because a passkey's question is remembered. */
  askToConfirm: signedIn.mutation(({ ctx }) => askToConfirm(ctx.app, ctx.person)),
  confirm: signedIn.input(confirmInput).mutation(async ({ ctx, input }) => {
    keepSession(ctx, await confirm(ctx.app, ctx.person, input))
    return { confirmed: true }
  }),

  /** Whether a link for a forgotten password can be mailed. */
  resetWays: open.query(({ ctx }) => ({ mail: ctx.app.mail.on })),
  askReset: open.input(askResetInput).mutation(async ({ ctx, input }) => {
    await askReset(ctx.app, input.email, ctx.anonymous)
    return { asked: true }
  }),
  /** Changes nothing; sent as a mutation so that the token travels in the body and stands in no address. */
  viewReset: open.input(resetToken).mutation(({ ctx, input }) => viewReset(ctx.app, input.token)),
  resetPassword: open
    .input(resetPasswordInput)
    .mutation(({ ctx, input }) => resetPassword(ctx.app, input, ctx.anonymous)),
  makeResetLink: staff
    .input(idInput)
    .mutation(({ ctx, input }) => makeResetLink(ctx.app, ctx.person, input.id)),

  rename: signedIn
    .input(changeNameInput)
    .mutation(({ ctx, input }) => renameAccount(ctx.app, ctx.person, input.name)),
  changePassword: signedIn.input(changePasswordInput).mutation(async ({ ctx, input }) => {
    const { session, sessions_ended } = await changePassword(ctx.app, ctx.person, input)
    keepSession(ctx, session)
    return { sessions_ended }
  }),

  sessions: signedIn.query(({ ctx }) => listSessions(ctx.app, ctx.person)),
  endSession: signedIn
    .input(idInput)
    .mutation(({ ctx, input }) => endOtherSession(ctx.app, ctx.person, input.id)),

  factors: signedIn.query(({ ctx }) => readFactors(ctx.app, ctx.person.account_id)),
  startTotp: verified.mutation(({ ctx }) => startTotp(ctx.app, ctx.person)),
  confirmTotp: verified.input(codeInput).mutation(async ({ ctx, input }) => {
    const { session, recovery_codes } = await confirmTotp(ctx.app, ctx.person, input.code)
    keepSession(ctx, session)
    return { recovery_codes }
  }),
  removeTotp: verified.mutation(async ({ ctx }) => {
    keepSession(ctx, (await removeTotp(ctx.app, ctx.person)).session)
    return { removed: true }
  }),
  remakeRecoveryCodes: verified.mutation(async ({ ctx }) => ({
    recovery_codes: await remakeRecoveryCodes(ctx.app, ctx.person),
  })),
  startPasskey: verified.mutation(({ ctx }) => startPasskey(ctx.app, ctx.person)),
  addPasskey: verified.input(addPasskeyInput).mutation(async ({ ctx, input }) => {
    const { session, recovery_codes } = await addPasskey(ctx.app, ctx.person, input)
    keepSession(ctx, session)
    return { recovery_codes }
  }),
  removePasskey: verified.input(idInput).mutation(async ({ ctx, input }) => {
    const { session, name } = await removePasskey(ctx.app, ctx.person, input.id)
    keepSession(ctx, session)
    return { name }
  }),
})

export const setupRouter = router({
  status: open.query(async ({ ctx }) => ({ needed: await isSetupNeeded(ctx.app) })),
  complete: open.input(setupInput).mutation(async ({ ctx, input }) => {
    const { account, session } = await completeSetup(ctx.app, input, ctx.anonymous)
    setSessionCookie(ctx.app, ctx.response, { session, account_id: account.id })
    return { account }
  }),
})

function originOf(ctx: Ctx): SignInOrigin {
  return {
    ...ctx.anonymous,
    isKnownDevice: (account_id) => isKnownDevice(ctx.app, ctx.request, account_id),
  }
}

/** The old session is not adopted: whoever planted its cookie stays outside. */
async function letIn(ctx: Ctx, { account, session }: SignedIn) {
  await leave(ctx)
  setSessionCookie(ctx.app, ctx.response, { session, account_id: account.id })
  return { account }
}

/** The same session under a new cookie value. */
function keepSession(ctx: Ctx & { person: PersonCaller }, session: string): void {
  setSessionCookie(ctx.app, ctx.response, { session, account_id: ctx.person.account_id })
}

async function leave(ctx: Ctx): Promise<void> {
  if (ctx.person) await endOwnSession(ctx.app, ctx.person)
}
