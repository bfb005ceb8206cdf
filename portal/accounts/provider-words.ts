const WORDS: Record<string, (name: string) => string> = {
  not_verified: (name) =>
    `${name} does not vouch for your e-mail address. Verify it there, or sign in with your password.`,
  not_invited: (name) =>
    `Nobody has invited your address at ${name} to this server. Ask an admin of your organization for an invitation, then try again.`,
  link_first: (name) =>
    `An account here has this address, but was never linked. Sign in with its password, then link ${name} in Settings.`,
  linked_elsewhere: (name) => `That account at ${name} signs in as somebody else here.`,
  locked: () => 'This account is locked. Ask the administrator of this server.',
  cancelled: (name) => `You did not finish signing in with ${name}.`,
  unreachable: (name) => `${name} does not answer right now. Try again later, or sign in with your password.`,
  failed: (name) =>
    `Signing in with ${name} did not work. Try again; it has to be finished in this browser within ten minutes.`,
}

/**
 * Why the provider's word did not do: the sentence for a word in the address, and nothing for any other text there.
 *
 * @example providerWords('locked', 'Lab ID') // 'This account is locked. …'
 */
export function providerWords(outcome: string, name: string): string | undefined {
  return Object.hasOwn(WORDS, outcome) ? WORDS[outcome]?.(name) : undefined
}
