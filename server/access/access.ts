import type { Request } from 'express'
import { sessionOf } from '../accounts/cookies.ts'
import { findPersonBySession } from '../accounts/sessions.ts'
import { rotationHeader } from '../api-keys/rotation.ts'
import { createKeyUsage } from '../api-keys/usage.ts'
import { createTokenUsage } from '../api-tokens/usage.ts'
import type { AnonymousCaller, Caller, OrganizationCaller, PersonCaller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { identify } from '../credentials/credentials.ts'
import { AppError } from '../errors.ts'
import { originOf } from '../http/client-address.ts'
import { presentedKey } from '../http/credential.ts'
import type { Guards } from '../http/door.ts'
import { actWithin, inProject } from '../organizations/act-within.ts'

/** From a presented credential to a Caller, for REST doors and for tRPC. */
export interface Access extends Guards {
  /** Whoever's browser this is, by its cookie alone. */
  browser: (request: Request) => Promise<PersonCaller | undefined>
}

/**
 * @example const access = createAccess(ctx)
 */
export function createAccess(ctx: AppContext): Access {
  const usage = createKeyUsage(ctx)

  const noteTokenUse = createTokenUsage(ctx)

  async function credential(request: Request): Promise<Caller> {
    const text = presentedKey(request)
    const caller =
      text === undefined ? undefined : await identify(ctx, text, originOf(request), usage.noteLate)
    if (!caller) throw new AppError('unauthenticated')
    usage.note(caller)
    const rotate = rotationHeader(caller.credential.rotation)
    if (rotate) request.res?.setHeader('X-RoboTrace-Key-Rotation', rotate)
    if (caller.credential.kind === 'api_token') noteTokenUse(caller.credential.id)
    return caller
  }

  async function browser(request: Request): Promise<PersonCaller | undefined> {
    const session = sessionOf(ctx, request)
    return session === undefined ? undefined : findPersonBySession(ctx, session, originOf(request))
  }

  // A presented key decides alone: falling back to the cookie would hide that the key is wrong.
  async function key_or_person(request: Request): Promise<Caller> {
    if (presentedKey(request) !== undefined) return credential(request)
    const caller = await browser(request)
    if (!caller) throw new AppError('unauthenticated')
    return caller
  }

  return {
    browser,
    credential,
    key_or_person,
    async organization(request): Promise<OrganizationCaller> {
      const caller = await credential(request)
      const within =
        caller.kind === 'organization'
          ? caller
          : await actWithin(ctx, caller, request.get('X-RoboTrace-Organization'))
      return inProject(ctx, within, request.get('X-RoboTrace-Project'))
    },
    async person(request) {
      const caller = await key_or_person(request)
      if (caller.kind === 'person') return caller
      throw new AppError('forbidden', 'This is for people. Use a personal key, an API token or the portal.')
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
