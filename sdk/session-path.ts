import type { Transport } from './transport.ts'
import type { SessionTags } from './wire.ts'

const PLACES = new WeakMap<Transport, Promise<string>>()

/**
 * The address of something of an episode below its organization and project, which the key is asked for once where the
 * client was not told.
 *
 * @example await sessionPath(transport, 'ep_8f3c', 'tags') // '/api/v1/organizations/…/sessions/ep_8f3c/tags'
 */
export async function sessionPath(transport: Transport, id: string, what: string): Promise<string> {
  const known = PLACES.get(transport) ?? placeOf(transport)
  PLACES.set(transport, known)
  try {
    return `${await known}/sessions/${encodeURIComponent(id)}/${what}`
  } catch (error) {
    // Another time there may be an answer.
    PLACES.delete(transport)
    throw error
  }
}

async function placeOf(transport: Transport): Promise<string> {
  const call = { method: 'GET', path: '/api/whoami', retry_while_limited: true } as const
  const who = await transport.json<{ client_id?: string | null; project_id?: string | null }>(call)
  // A key of one organization acts there, whatever else is named.
  const organization = who.client_id ?? transport.organization ?? ''
  const project = transport.project ?? who.project_id ?? 'default'
  return `/api/v1/organizations/${encodeURIComponent(organization)}/projects/${encodeURIComponent(project)}`
}

/** Adds tags one after the other. @returns all that the episode has now, by name */
export async function addTags(transport: Transport, id: string, tags: readonly string[]): Promise<string[]> {
  const path = await sessionPath(transport, id, 'tags')
  let all: string[] = []
  for (const tag of tags) {
    const call = { method: 'POST', path, body: { tag }, retry_while_limited: true } as const
    all = (await transport.json<SessionTags>(call)).tags
  }
  return all
}
