import { isIP } from 'node:net'
import type { AppContext } from '../context.ts'
import { AppError } from '../errors.ts'

type Ctx = Pick<AppContext, 'config'>

/** Whether browsers give passkeys to this server: they want a host name, and https unless it is localhost. */
export function canHavePasskeys(ctx: Ctx): boolean {
  const { protocol, hostname } = new URL(ctx.config.public_url)
  if (hostname.startsWith('[') || isIP(hostname) > 0) return false
  return protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost')
}

/**
 * What passkeys are bound to (WebAuthn's relying party id): the host name of PUBLIC_URL.
 *
 * @throws AppError conflict that says what to change
 */
export function passkeyHost(ctx: Ctx): string {
  if (canHavePasskeys(ctx)) return new URL(ctx.config.public_url).hostname
  throw new AppError(
    'conflict',
    `Passkeys need a host name and https (or localhost), and this server is ${ctx.config.public_url}. Set PUBLIC_URL to such an address.`,
  )
}
