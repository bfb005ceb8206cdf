import { invitationRouter } from './accounts/invitation-trpc.ts'
import { providerRouter } from './accounts/provider-trpc.ts'
import { accountsRouter, setupRouter } from './accounts/trpc.ts'
import { apiKeysRouter } from './api-keys/trpc.ts'
import { apiTokensRouter } from './api-tokens/trpc.ts'
import { auditRouter } from './audit-trail/trpc.ts'
import { deviceLoginRouter } from './device-login/trpc.ts'
import { episodesRouter } from './episodes/trpc.ts'
import { fleetRouter } from './fleet/trpc.ts'
import { invitationsRouter, membersRouter } from './members/trpc.ts'
import { noticesRouter } from './notices/trpc.ts'
import { clientsRouter, keyPolicyRouter, organizationRouter } from './organizations/trpc.ts'
import { router } from './procedures.ts'
import { sshKeysRouter } from './ssh-keys/trpc.ts'
import { storageRouter } from './storage/trpc.ts'
import { webhooksRouter } from './webhooks/trpc.ts'

/** Everything the portal calls. It imports only this type. */
export const appRouter = router({
  auth: accountsRouter,
  setup: setupRouter,
  clients: clientsRouter,
  organization: organizationRouter,
  members: membersRouter,
  invitations: invitationsRouter,
  invitation: invitationRouter,
  provider: providerRouter,
  apiKeys: apiKeysRouter,
  keyPolicy: keyPolicyRouter,
  apiTokens: apiTokensRouter,
  sshKeys: sshKeysRouter,
  fleet: fleetRouter,
  episodes: episodesRouter,
  deviceLogin: deviceLoginRouter,
  notices: noticesRouter,
  audit: auditRouter,
  webhooks: webhooksRouter,
  storage: storageRouter,
})

export type AppRouter = typeof appRouter
