import { z } from 'zod'
import type { AddSshKey, RemovedSshKey, SshKey, SshKeyList } from '../../sdk/wire.ts'
import { accepts, answers } from '../http/conforms.ts'
import { line } from '../http/text.ts'

export const addSshKeyInput = accepts<AddSshKey>()(
  z.object({
    name: line(1, 80),
    key_text: z.string('must be a text').max(16_384, 'is too long for one public key'),
  }),
)

export const sshKeyId = z.object({ id: z.string().max(64) })

export const sshKey = answers<SshKey>('SshKey')(
  z.object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    bits: z.number(),
    fingerprint: z.string(),
    comment: z.string(),
    warning: z.string().nullable(),
    created_at: z.iso.datetime(),
    last_used_at: z.iso.datetime().nullable(),
    devices: z.array(
      z.object({ id: z.string(), name: z.string(), organization: z.string(), project: z.string() }),
    ),
  }),
)

export const sshKeyList = answers<SshKeyList>('SshKeyList')(z.object({ items: z.array(sshKey) }))

export const removedSshKey = answers<RemovedSshKey>('RemovedSshKey')(
  z.object({ id: z.string(), removed_at: z.iso.datetime() }),
)
