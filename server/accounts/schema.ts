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
