import type { Request } from 'express'
import { sessionOf } from '../accounts/cookies.ts'
import { findPersonBySession } from '../accounts/sessions.ts'
import { noteLastUsed, verifyApiKey } from '../api-keys/api-keys.ts'
import { parseKey } from '../api-keys/key-format.ts'
import type { AnonymousCaller, KeyCaller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'
import { originOf } from '../http/client-address.ts'
import { presentedKey } from '../http/credential.ts'
import type { Guards } from '../http/door.ts'

const FLUSH_EVERY_MS = 5_000

/** From a presented credential to a Caller, for REST doors and for tRPC. */
export interface Access extends Guards {
  person: (request: Request) => Promise<PersonCaller | undefined>
}

/**
 * @example const access = createAccess(ctx)
 */
export function createAccess(ctx: AppContext): Access {
  /** Key id → when it was used last; written down together, behind the requests' backs. */
  let used = new Map<string, string>()
  ctx.background.every('last used', FLUSH_EVERY_MS, async () => {
    const batch = used
    used = new Map()
    await noteLastUsed(ctx, batch)
  })

  async function api_key(request: Request): Promise<KeyCaller> {
    const text = presentedKey(request)
    const parsed = text === undefined ? undefined : parseKey(text)
    const caller = parsed && (await verifyApiKey(ctx, parsed))
    if (!caller) throw new AppError('unauthenticated')
    used.set(caller.api_key_id, ctx.now().toISOString())
    return caller
  }

  async function person(request: Request): Promise<PersonCaller | undefined> {
    const session = sessionOf(ctx, request)
    return session === undefined ? undefined : findPersonBySession(ctx, session, originOf(request))
  }

  return {
    api_key,
    person,
    // A presented key decides alone: falling back to the cookie would hide that the key is wrong.
    async key_or_person(request) {
      if (presentedKey(request) !== undefined) return api_key(request)
      const caller = await person(request)
      if (!caller) throw new AppError('unauthenticated')
      return caller
    },
    async anyone(request) {
      return anonymous(request)
    },
  }
}

/** All that is known of somebody without a credential. */
export function anonymous(request: Request): AnonymousCaller {
  return { kind: 'anonymous', ...originOf(request) }
}
