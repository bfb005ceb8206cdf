import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { readTables } from '../../sdk/host/credentials.ts'
import { changePrivateFile } from '../../sdk/host/private-file.ts'
import { isRecord } from '../../sdk/json.ts'
import type { Saved } from '../saved.ts'

const WHAT = 'enrolment file'

/** What an enrolment is about: under the same nonce the server knows it again. */
export interface Enrolment {
  base_url: string
  name: string
  /** The public part of the token. */
  token_id: string
}

/**
 * The nonce of an enrolment, on the disk before anything is asked: should the answer with the key get lost, the next
 * try is answered with a key for the same device, and costs no second use of the token.
 *
 * @returns what was kept from an earlier try at the same, else a new one
 */
export async function keptNonce(saved: Saved, enrolment: Enrolment): Promise<string> {
  const path = pathOf(saved)
  const before = readTables(path, WHAT)?.content[saved.name]
  if (isRecord(before) && isSame(before, enrolment) && typeof before.nonce === 'string') return before.nonce
  const nonce = randomBytes(24).toString('base64url')
  await changePrivateFile(fileAt(path), (content) => ({ ...content, [saved.name]: { ...enrolment, nonce } }))
  return nonce
}

/** Once the key is saved. */
export async function forgetNonce(saved: Saved): Promise<void> {
  const path = pathOf(saved)
  if (readTables(path, WHAT) === undefined) return
  await changePrivateFile(fileAt(path), (content) => {
    const { [saved.name]: _, ...rest } = content
    return rest
  })
}

function fileAt(path: string) {
  return { path, what: WHAT, title: ['an enrolment under way; `robotrace device enroll` removes it'] }
}

function pathOf({ path }: Pick<Saved, 'path'>): string {
  return join(dirname(path), 'enrolment.toml')
}

function isSame(before: Record<string, unknown>, { base_url, name, token_id }: Enrolment): boolean {
  return before.base_url === base_url && before.name === name && before.token_id === token_id
}
