import { availableParallelism } from 'node:os'
import { AppError } from '../errors.ts'
import { weakness } from './password-rules.ts'

/** Argon2id (the library's default kind) with OWASP's first choice for servers: 19 MiB, two passes, one lane. */
const PARAMETERS = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 }

/** Native code, loaded by the first password: most runs of this program never see one. */
const argon2 = () => import('@node-rs/argon2')

/** Verified against when the account does not exist, so that it takes as long as a wrong password. */
let decoy: Promise<string> | undefined

const WAITING_MAX = 64
let running = 0
const waiting: (() => void)[] = []

/**
 * @param path the field it was typed into
 * @throws AppError invalid_request when guessing would find it soon
 */
export function refuseWeak(password: string, words: string[], path: string): void {
  const message = weakness(password, words)
  if (message) throw new AppError('invalid_request', `${path}: ${message}`, { errors: [{ path, message }] })
}

/** Whether a stored hash was made with other parameters than today's, so that a sign-in should renew it. */
export function isOutdated(stored: string): boolean {
  const { memoryCost, timeCost, parallelism } = PARAMETERS
  return !stored.startsWith(`$argon2id$v=19$m=${memoryCost},t=${timeCost},p=${parallelism}$`)
}

export async function hashPassword(password: string): Promise<string> {
  return limited(async () => (await argon2()).hash(password.normalize('NFKC'), PARAMETERS))
}

/** @param stored undefined for an unknown account: the answer is false, and takes as long */
export async function verifyPassword(stored: string | undefined, password: string): Promise<boolean> {
  const { hash, verify } = await argon2()
  decoy ??= hash('no account has this password', PARAMETERS)
  const against = stored ?? (await decoy)
  const matches = await limited(() => verify(against, password.normalize('NFKC')))
  return matches && stored !== undefined
}

/**
 * Each hash takes 19 MiB and a core for a while: as many at once as there are cores, a bounded queue behind
 * them, and a polite refusal beyond, so that a flood of sign-ins cannot take the machine.
 *
 * @throws AppError unavailable
 */
async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (running >= availableParallelism()) {
    if (waiting.length >= WAITING_MAX) {
      throw new AppError('unavailable', 'Too many sign-ins at once. Try again in 2 seconds.', {
        retry_after: 2,
      })
    }
    await new Promise<void>((resolve) => waiting.push(resolve))
  } else running++
  try {
    return await work()
  } finally {
    // The place is handed on as it is, so that nobody can slip in between.
    const next = waiting.shift()
    if (next) next()
    else running--
  }
}
