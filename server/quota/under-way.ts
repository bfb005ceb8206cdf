/** Bytes of uploads that have begun and are not written down yet, by organization. */
export interface UnderWay {
  of(organization_id: string): number
  /** @returns to be called when the upload is over, however it ended */
  claim(organization_id: string, bytes: number): () => void
  /** How many uploads of an organization are over: whoever reads while this changes has read something old. */
  ended(organization_id: string): number
}

/** @example const under_way = createUnderWay() */
export function createUnderWay(): UnderWay {
  const claimed = new Map<string, number>()
  const ended = new Map<string, number>()
  return {
    of: (organization_id) => claimed.get(organization_id) ?? 0,
    ended: (organization_id) => ended.get(organization_id) ?? 0,
    claim(organization_id, bytes) {
      claimed.set(organization_id, (claimed.get(organization_id) ?? 0) + bytes)
      let open = true
      return () => {
        if (!open) return
        open = false
        ended.set(organization_id, (ended.get(organization_id) ?? 0) + 1)
        const rest = (claimed.get(organization_id) ?? 0) - bytes
        if (rest > 0) claimed.set(organization_id, rest)
        else claimed.delete(organization_id)
      }
    },
  }
}
