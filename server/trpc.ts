import { accountsRouter, setupRouter } from './accounts/trpc.ts'
import { apiKeysRouter } from './api-keys/trpc.ts'
import { apiTokensRouter } from './api-tokens/trpc.ts'
import { deviceLoginRouter } from './device-login/trpc.ts'
import { episodesRouter } from './episodes/trpc.ts'
import { fleetRouter } from './fleet/trpc.ts'
import { noticesRouter } from './notices/trpc.ts'
import { clientsRouter } from './organizations/trpc.ts'
import { router } from './procedures.ts'
import { sshKeysRouter } from './ssh-keys/trpc.ts'

/** Everything the portal calls. It imports only this type. */
export const appRouter = router({
  auth: accountsRouter,
  setup: setupRouter,
  clients: clientsRouter,
  apiKeys: apiKeysRouter,
  apiTokens: apiTokensRouter,
  sshKeys: sshKeysRouter,
  fleet: fleetRouter,
  episodes: episodesRouter,
  deviceLogin: deviceLoginRouter,
  notices: noticesRouter,
})

export type AppRouter = typeof appRouter
