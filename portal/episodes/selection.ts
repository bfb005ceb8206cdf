/** So many episodes at once, as one call takes. */
export const MOST_SELECTED = 100
