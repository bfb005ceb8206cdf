import { ServerError } from './errors.ts'
import { isSameOrigin } from './origin.ts'

/** The error of an answer that is not what the wire promises. @example throw unusable('api_key is missing') */
export function unusable(what: string): ServerError {
  return new ServerError(`The server sent an unusable answer: ${what}.`, { status: 200 })
}

/**
 * A member that has to be text, and not empty.
 *
 * @example textOf({ label: 'rig-07' }, 'label') // 'rig-07'
 * @throws ServerError naming the member
 */
export function textOf(answer: Record<string, unknown>, member: string): string {
  const text = optionalText(answer, member)
  if (text !== undefined) return text
  throw unusable(`${member} is missing or no text`)
}

/** A member that may be missing; what is no text, or empty, counts as missing. */
export function optionalText(answer: Record<string, unknown>, member: string): string | undefined {
  const value = answer[member]
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A link to the deployment that was asked. @throws ServerError when it is none, or leads elsewhere */
export function linkOf(answer: Record<string, unknown>, member: string, base_url: string): string {
  const text = textOf(answer, member)
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && isSameOrigin(text, base_url)) {
    return new URL(text).href
  }
  throw unusable(`${member} leads away from ${new URL(base_url).origin}, which was asked`)
}
