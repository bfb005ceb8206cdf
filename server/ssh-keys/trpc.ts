import { router, signedIn } from '../procedures.ts'
import { addSshKeyInput, sshKeyId } from './schema.ts'
import { addSshKey, listSshKeys, removeSshKey } from './ssh-keys.ts'

export const sshKeysRouter = router({
  list: signedIn.query(({ ctx }) => listSshKeys(ctx.app, ctx.person)),
  add: signedIn.input(addSshKeyInput).mutation(({ ctx, input }) => addSshKey(ctx.app, ctx.person, input)),
  remove: signedIn.input(sshKeyId).mutation(({ ctx, input }) => removeSshKey(ctx.app, ctx.person, input.id)),
})
