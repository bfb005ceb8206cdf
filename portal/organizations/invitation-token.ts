const KEPT = 'robotrace.invitation'

/**
 * Keeps the token of a link for as long as this tab is busy with it: a reload, or a sign-in at the provider, must not
 * lose what was taken out of the address bar.
 *
 * @param token of the address; undefined: the one that was kept
 */
export function keepToken(token: string | undefined): string {
  try {
    if (token !== undefined) sessionStorage.setItem(KEPT, token)
    return token ?? sessionStorage.getItem(KEPT) ?? ''
  } catch {
    // Storage may be forbidden; then a reload asks for the link again.
    return token ?? ''
  }
}

export function forgetToken(): void {
  try {
    sessionStorage.removeItem(KEPT)
  } catch {
    // Nothing was kept.
  }
}
