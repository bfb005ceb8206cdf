import { createSignal } from 'solid-js'
import type { Device } from '../api.ts'

/** So many are changed at once at most: each is a call of its own. */
export const MOST_SELECTED = 200

/** The devices that something is about to be done to. */
export interface Selection {
  all: () => readonly Device[]
  has: (id: string) => boolean
  /**
   * @param range also everything between the one that was chosen before and this one
   * @param rows the order on the screen
   */
  set: (device: Device, on: boolean, range: boolean, rows: readonly Device[]) => void
  toggle: (device: Device) => void
  addAll: (devices: readonly Device[]) => void
  clear: () => void
}

export function createSelection(): Selection {
  const [chosen, setChosen] = createSignal<ReadonlyMap<string, Device>>(new Map())
  let last: string | undefined
  const change = (devices: readonly Device[], on: boolean): void => {
    const next = new Map(chosen())
    for (const device of devices) {
      if (!on) next.delete(device.id)
      else if (next.size < MOST_SELECTED) next.set(device.id, device)
    }
    setChosen(next)
  }
  return {
    all: () => [...chosen().values()],
    has: (id) => chosen().has(id),
    set(device, on, range, rows) {
      const from = rows.findIndex(({ id }) => id === last)
      const to = rows.findIndex(({ id }) => id === device.id)
      const between = range && from >= 0 && to >= 0
      change(between ? rows.slice(Math.min(from, to), Math.max(from, to) + 1) : [device], on)
      last = device.id
    },
    toggle(device) {
      last = device.id
      change([device], !chosen().has(device.id))
    },
    addAll: (devices) => change(devices, true),
    clear: () => setChosen(new Map()),
  }
}
