import { z } from 'zod'
import { line } from '../http/text.ts'

export const email = z
  .string()
  .trim()
  .max(254, 'must have at most 254 characters')
  .pipe(z.email('must be an e-mail address such as you@lab.example'))

/** Long passphrases and every character are welcome; there are no rules of composition (ASVS 6.2). */
export const newPassword = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(1000, 'must have at most 1000 characters')

/** What somebody types to prove who they are is only bounded, not judged. */
export const typedPassword = z.string().max(1000, 'must have at most 1000 characters')

export const typedEmail = z.string().trim().max(254, 'must have at most 254 characters')

/** Six digits of an authenticator, or a recovery code, as people copy them: with spaces and dashes. */
export const typedCode = z.string().max(40, 'must have at most 40 characters')

export const signInInput = z.object({ email: typedEmail, password: typedPassword })

export const changePasswordInput = z.object({ current_password: typedPassword, new_password: newPassword })

export const setupInput = z.object({
  token: z.string().max(100),
  email,
  name: line(1, 80),
  password: newPassword,
  organization_name: line(1, 80),
})

/** Of a link for a forgotten password. */
export const resetToken = z.object({ token: z.string().max(100) })

export const askResetInput = z.object({ email: typedEmail.min(1, 'must not be empty') })

export const resetPasswordInput = resetToken.extend({ password: newPassword })

export const changeNameInput = z.object({ name: line(1, 80) })

/** Base64url as browsers send it; an attestation with its certificates is the longest. */
const bytes = z.string().max(20_000)

/** What a browser's answer has whatever it answers; what else it sends is not read. */
const credential = {
  id: z.string().max(1400),
  rawId: z.string().max(1400),
  type: z.literal('public-key'),
  // Extensions are not asked for.
  clientExtensionResults: z.unknown().transform(() => ({})),
}

const passkeyAnswer = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes,
    authenticatorData: bytes,
    signature: bytes,
    userHandle: bytes.optional(),
  }),
})

const newPasskey = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: bytes,
    attestationObject: bytes,
    transports: z
      .array(z.string().regex(/^[\w-]{1,20}$/))
      .max(10)
      .optional(),
  }),
})

/** The handle of a step that waits for its second one. */
const challenge = z.string().max(100)

export const addPasskeyInput = z.object({ challenge, name: line(1, 60), response: newPasskey })

export const codeInput = z.object({ code: typedCode })

export const idInput = z.object({ id: z.string().max(1400) })

export const finishSignInInput = z.object({
  challenge,
  proof: z.union([codeInput, z.object({ passkey: passkeyAnswer })]),
})

export const passkeySignInInput = z.object({ challenge, passkey: passkeyAnswer })

export const confirmInput = z.union([
  z.object({ password: typedPassword, code: typedCode.optional() }),
  passkeySignInInput,
])
