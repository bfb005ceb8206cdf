import type { DeviceStatus } from '../../sdk/wire.ts'
import { count, duration, size } from '../ui/format.ts'

export const STATUS_WORDS: Record<DeviceStatus, string> = {
  online: 'Online',
  offline: 'Offline',
  maintenance: 'Maintenance',
}

/** `71 %` */
export function percent(value: number): string {
  return `${Math.round(value)} %`
}

/** `3 · 1.2 GB`: episodes that wait on the device, and their bytes. */
export function backlog(episodes: number | null, bytes: number | null): string {
  if (episodes === null && bytes === null) return '–'
  if (episodes === 0 && !bytes) return '0'
  return [episodes === null ? '' : episodes.toLocaleString('en'), bytes === null ? '' : size(bytes)]
    .filter(Boolean)
    .join(' · ')
}

/** `12 ms ahead`, `1.8 s behind`, `exact` */
export function clockOffset(ms: number): string {
  const far = Math.abs(ms)
  if (far < 0.5) return 'exact'
  const words = far < 1000 ? `${Math.round(far)} ms` : duration(far / 1000)
  return `${words} ${ms > 0 ? 'ahead' : 'behind'}`
}

/** `+2.4 s`: ahead; `−31 ms`: behind */
export function signedOffset(ms: number): string {
  const far = Math.abs(ms)
  return `${ms < 0 ? '−' : '+'}${far < 1000 ? `${Math.round(far)} ms` : duration(far / 1000)}`
}

/** How long, without decimals: `2 h 10 min`, `25 min`. */
export function span(ms: number): string {
  const minutes = Math.max(1, Math.round(ms / 60_000))
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** Names in a row, the rest as a number: `arm-1, arm-2 and 3 more`. */
export function someOf(names: readonly string[], most: number): string {
  if (names.length <= most) {
    return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  }
  return `${names.slice(0, most).join(', ')} and ${(names.length - most).toLocaleString('en')} more`
}

/** `3 devices` */
export function devices(n: number): string {
  return count(n, 'device')
}
