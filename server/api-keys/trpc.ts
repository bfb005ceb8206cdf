import { z } from 'zod'
import { router, signedIn, verified } from '../procedures.ts'
import { countDeviceKeys, editApiKey, listApiKeys, mintApiKey, revokeApiKey } from './api-keys.ts'
import { findPins, keyHistory, usesByDay } from './history.ts'
import { listPersonalKeys, mintPersonalKey } from './personal.ts'
import { rotateApiKey } from './rotate.ts'
import { keyEdit, newApiKey, newPersonalKey, overlap } from './schema.ts'

const organization = z.object({ organization_id: z.uuid() })
const listed = organization.extend({ devices: z.boolean().optional() })
const one = z.object({ id: z.string().max(64) })

/** Making and rotating ask for the password again after two hours. Revoking does not: whoever must stop a leak is in a hurry. */
export const apiKeysRouter = router({
  /** Those of devices only when asked for. */
  list: signedIn.input(listed).query(({ ctx, input }) => listApiKeys(ctx.app, ctx.person, input)),
  /** How many the list leaves out. */
  deviceKeyCount: signedIn
    .input(organization)
    .query(({ ctx, input }) => countDeviceKeys(ctx.app, ctx.person, input)),
  /** Uses of each key in each of the last 30 days, oldest first. */
  days: signedIn.input(listed).query(({ ctx, input }) => usesByDay(ctx.app, ctx.person, input)),
  /** From where and with what one key was used, and its days. */
  history: signedIn.input(one).query(({ ctx, input }) => keyHistory(ctx.app, ctx.person, input.id)),
  /** Projects and devices that a key can be pinned to. */
  pins: signedIn.input(organization).query(({ ctx, input }) => findPins(ctx.app, ctx.person, input)),
  mint: verified
    .input(organization.extend(newApiKey.shape))
    .mutation(({ ctx, input }) => mintApiKey(ctx.app, ctx.person, input)),
  edit: signedIn
    .input(one.extend(keyEdit.shape))
    .mutation(({ ctx, input }) => editApiKey(ctx.app, ctx.person, input)),
  rotate: verified
    .input(one.extend({ overlap }))
    .mutation(({ ctx, input }) => rotateApiKey(ctx.app, ctx.person, input)),
  revoke: signedIn.input(one).mutation(({ ctx, input }) => revokeApiKey(ctx.app, ctx.person, input.id)),
  personal: signedIn.query(({ ctx }) => listPersonalKeys(ctx.app, ctx.person)),
  mintPersonal: verified
    .input(newPersonalKey)
    .mutation(({ ctx, input }) => mintPersonalKey(ctx.app, ctx.person, input)),
})
