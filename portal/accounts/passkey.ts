import type { NewPasskeyQuestion, PasskeyQuestion } from '../api.ts'

// The library is fetched when somebody really uses a passkey.
const library = () => import('@simplewebauthn/browser')

/** Whether this browser, at this address, can use passkeys of the server. */
export function canUsePasskeys(host: string | null | undefined): boolean {
  return host === location.hostname && typeof PublicKeyCredential === 'function'
}

/** Has the browser answer with one of the reader's passkeys. @throws Error with a sentence for the reader */
export async function usePasskey({ options }: Pick<PasskeyQuestion, 'options'>) {
  const { startAuthentication } = await library()
  return startAuthentication({ optionsJSON: options }).catch(explain)
}

/** Has the browser make a new passkey. @throws Error with a sentence for the reader */
export async function makePasskey({ options }: Pick<NewPasskeyQuestion, 'options'>) {
  const { startRegistration } = await library()
  return startRegistration({ optionsJSON: options }).catch(explain)
}

const SENTENCES: Record<string, string> = {
  NotAllowedError: 'The browser was not given a passkey: it was cancelled, or took too long.',
  InvalidStateError: 'This device has a passkey for this account already.',
  SecurityError: 'This browser takes no passkeys at this address. Open the portal at its own address.',
}

function explain(error: unknown): never {
  const name = error instanceof Error ? error.name : ''
  throw new Error(SENTENCES[name] ?? 'The passkey did not work in this browser.', { cause: error })
}
