import { z } from 'zod'
import { type Door, door } from '../http/door.ts'
import { addSshKeyInput, removedSshKey, sshKey, sshKeyId, sshKeyList } from './schema.ts'
import { addSshKey, listSshKeys, ownerOf, removeSshKey } from './ssh-keys.ts'

const PATH = '/api/v1/user/ssh-keys'

/** For people, and for their own keys; which scope each needs, the noun says. */

export const sshKeyDoors: Door[] = [
  door({
    method: 'GET',
    path: PATH,
    caller: 'key_or_person',
    summary: 'List your SSH keys, with the devices they open',
    input: z.object({}),
    output: sshKeyList,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope'],
    example: {},
    handle: async (ctx, _input, caller) => ({ items: await listSshKeys(ctx, ownerOf(caller)) }),
  }),
  door({
    method: 'POST',
    path: PATH,
    caller: 'key_or_person',
    summary: 'Upload a public key: the text of a .pub file',
    input: addSshKeyInput,
    output: sshKey,
    status: 201,
    refusals: ['forbidden', 'insufficient_scope', 'conflict', 'too_large', 'unsupported_media_type'],
    example: {
      body: {
        name: 'work laptop',
        key_text:
          'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl art@laptop',
      },
    },
    handle: (ctx, input, caller) => addSshKey(ctx, ownerOf(caller), input),
  }),
  door({
    method: 'DELETE',
    path: `${PATH}/:id`,
    caller: 'key_or_person',
    summary: 'Remove one of your SSH keys; it opens no device any more',
    input: sshKeyId,
    output: removedSshKey,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope', 'not_found'],
    example: { params: { id: 'ssh_00000000000000000000' } },
    handle: (ctx, input, caller) => removeSshKey(ctx, ownerOf(caller), input.id),
  }),
]
