/** So many devices are changed at once at most: each is a call of its own. */
export const MOST_SELECTED = 200
