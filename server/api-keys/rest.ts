import { z } from 'zod'
import type { Code } from '../errors.ts'
import { type Door, door } from '../http/door.ts'
import { enterOrganization } from '../organizations/act-within.ts'
import { countDeviceKeys, editApiKey, listApiKeys, mintApiKey, revokeApiKey } from './api-keys.ts'
import { listPersonalKeys, mintPersonalKey, revokePersonalKey } from './personal.ts'
import { rotateApiKey } from './rotate.ts'
import { apiKey, keyEdit, mintedKey, newApiKey, newPersonalKey, overlap } from './schema.ts'

const OF_ORGANIZATION = '/api/v1/organizations/:org/api-keys'
const OF_USER = '/api/v1/user/api-keys'

const org = z.string().max(64)
const listed = z.object({
  org,
  devices: z
    .enum(['true', 'false'], 'must be true or false')
    .transform((text) => text === 'true')
    .optional(),
})
const oneKey = z.object({ org, key: z.string().max(64) })
const list = z.object({ items: z.array(apiKey), total: z.number() })
const listOfOrganization = list.extend({ device_key_count: z.number() })
const params = { org: 'acme', key: '0000000000' }
const refusals: Code[] = ['forbidden', 'insufficient_scope', 'not_found']

/**
 * Keys over REST, for people by their role and for keys with keys:manage. A browser's cookie is no credential here:
 * the portal asks for the password again before it mints, and this would be a way around.
 */
export const apiKeyDoors: Door[] = [
  door({
    method: 'GET',
    path: OF_ORGANIZATION,
    caller: 'credential',
    summary: 'API keys of an organization, newest first; those of devices with devices=true',
    input: listed,
    output: listOfOrganization,
    status: 200,
    refusals,
    example: { params },
    async handle(ctx, { org, devices }, caller) {
      const within = await enterOrganization(ctx, caller, org)
      const items = await listApiKeys(ctx, caller, { ...within, devices })
      const device_key_count = await countDeviceKeys(ctx, caller, within)
      return { items, total: items.length, device_key_count }
    },
  }),
  door({
    method: 'POST',
    path: OF_ORGANIZATION,
    caller: 'credential',
    summary: 'Mint an API key; its text is in this answer and nowhere else',
    input: z.object({ org }).extend(newApiKey.shape),
    output: mintedKey,
    status: 201,
    refusals,
    example: { params, body: { label: 'ci', scopes: ['episodes:write'], expires_at: null } },
    async handle(ctx, { org, ...wish }, caller) {
      const within = await enterOrganization(ctx, caller, org)
      return mintApiKey(ctx, caller, { ...wish, ...within })
    },
  }),
  door({
    method: 'PATCH',
    path: `${OF_ORGANIZATION}/:key`,
    caller: 'credential',
    summary: 'Change the label or the note of a key',
    input: oneKey.extend(keyEdit.shape),
    output: apiKey,
    status: 200,
    refusals,
    example: { params, body: { label: 'ci' } },
    async handle(ctx, { org, key, ...changes }, caller) {
      const within = await enterOrganization(ctx, caller, org)
      return editApiKey(ctx, caller, { id: key, ...changes }, within)
    },
  }),
  door({
    method: 'POST',
    path: `${OF_ORGANIZATION}/:key/rotate`,
    caller: 'credential',
    summary: 'A new key in the place of this one, which goes on working for the overlap: none, 1h, 24h or 7d',
    input: oneKey.extend({ overlap }),
    output: mintedKey.extend({ old: apiKey }),
    status: 201,
    refusals: [...refusals, 'conflict'],
    example: { params, body: { overlap: '24h' } },
    async handle(ctx, { org, key, overlap }, caller) {
      const within = await enterOrganization(ctx, caller, org)
      return rotateApiKey(ctx, caller, { id: key, overlap }, within)
    },
  }),
  door({
    method: 'DELETE',
    path: `${OF_ORGANIZATION}/:key`,
    caller: 'credential',
    summary: 'Revoke a key at once and for good; the row stays',
    input: oneKey,
    output: apiKey,
    status: 200,
    refusals,
    example: { params },
    async handle(ctx, { org, key }, caller) {
      const within = await enterOrganization(ctx, caller, org)
      return revokeApiKey(ctx, caller, key, within)
    },
  }),
  door({
    method: 'GET',
    path: OF_USER,
    caller: 'credential',
    summary: 'One’s own rbtk_ keys, newest first',
    input: z.object({}),
    output: list,
    status: 200,
    refusals: ['forbidden', 'insufficient_scope'],
    example: {},
    async handle(ctx, _input, caller) {
      const items = await listPersonalKeys(ctx, caller)
      return { items, total: items.length }
    },
  }),
  door({
    method: 'POST',
    path: OF_USER,
    caller: 'credential',
    summary: 'Mint an rbtk_ key that acts as oneself in every organization one belongs to',
    input: newPersonalKey,
    output: mintedKey,
    status: 201,
    refusals: ['forbidden', 'insufficient_scope'],
    example: { body: { label: 'my laptop' } },
    handle: (ctx, input, caller) => mintPersonalKey(ctx, caller, input),
  }),
  door({
    method: 'DELETE',
    path: `${OF_USER}/:key`,
    caller: 'credential',
    summary: 'Revoke one’s own rbtk_ key at once and for good',
    input: z.object({ key: z.string().max(64) }),
    output: apiKey,
    status: 200,
    refusals,
    example: { params: { key: '0000000000' } },
    handle: (ctx, input, caller) => revokePersonalKey(ctx, caller, input.key),
  }),
]
