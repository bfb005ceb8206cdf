import { dictionary } from '@zxcvbn-ts/language-common'

/** Passwords that guessing starts with, leaked ones by how often they were met: the list of a strength meter. */
const COMMON = new Set(dictionary['passwords-common'])

/** What is left of a password once the words that everybody would try for this account are taken out. */
const LEFT_OVER = 4

/**
 * Why a new password is refused, or undefined when it is good (ASVS 6.2: no rules of composition, but nothing common
 * and nothing that follows from the account).
 *
 * @param words the account's e-mail address, name, organization: whatever a guesser knows
 * @example weakness('robotrace2026', ['art@lab.example']) // 'follows from names that …'
 */
export function weakness(password: string, words: string[]): string | undefined {
  const plain = password.normalize('NFKC').toLowerCase()
  if (COMMON.has(plain)) return 'is one of the passwords that are tried first. Choose another one'
  const known = ['robotrace', ...words.flatMap((text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u))]
  let rest = plain
  for (const word of known.filter((one) => one.length >= 3).sort((a, b) => b.length - a.length)) {
    rest = rest.replaceAll(word, '')
  }
  if (rest === plain) return undefined
  const left = rest.replace(/[^\p{L}]/gu, '').length
  return left < LEFT_OVER ? 'follows from names that everybody here knows. Choose another one' : undefined
}
