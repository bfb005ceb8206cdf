import type { Client } from '../../sdk/client.ts'
import type { Flag, Given } from '../command.ts'
import type { Connection } from '../connection.ts'
import { chosenPlace } from '../context/place.ts'
import type { Host } from '../host.ts'

/** Of a command that names episodes by their ids. */
export const ORG_FLAG: Flag = {
  name: 'org',
  value: 'slug',
  about: 'whose it is, for keys of several organizations',
}

/**
 * A client for one episode, which its id finds wherever it is: only keys that are good for several organizations have
 * to say for which they act, and no project is named, because the episode has one.
 */
export async function actingOf(host: Host, given: Given, connection: Connection): Promise<Client> {
  const { organization } = chosenPlace(host, given, connection.saved)
  return connection.client(organization && { organization: organization.value })
}
