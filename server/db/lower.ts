/**
 * Lower case as the database's `lower()` has it: A to Z and nothing else. JavaScript's own folds other letters into
 * these, the sign for kelvin into k for one, and a look-alike of an address would pass for it.
 *
 * @example where(fn('lower', ['email']), '=', lower(email))
 */
export function lower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}
