/**
 * Does something with each of a list, so many at a time, and answers in the order of the list. The first failure is
 * thrown when all that had begun has ended: nothing is left running behind.
 *
 * @example const sizes = await inParallel(paths, 4, sizeOf)
 */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  at_once: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Map<number, Result>()
  const queue = items.entries()
  let failed = false
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return
      try {
        results.set(index, await run(item))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  const lanes = await Promise.allSettled(Array.from({ length: at_once }, lane))
  for (const one of lanes) if (one.status === 'rejected') throw one.reason
  return [...results].sort(([one], [other]) => one - other).map(([, result]) => result)
}
