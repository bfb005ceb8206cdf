/**
 * Numbers and times as people read them; the portal says them the same way.
 *
 * @example size(12_300_000) // '12 MB'
 */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  let value = bytes
  let unit = 'B'
  for (const next of ['kB', 'MB', 'GB', 'TB', 'PB']) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** Seconds. @example duration(47.21) // '47.2 s' */
export function duration(seconds: number): string {
  if (seconds < 600) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const pad = (value: number): string => String(value).padStart(2, '0')
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
}

/** How long ago, in the shortest words that still tell; null is `never`. @example ago('2026-05-04T20:08:14Z', now) */
export function ago(iso: string | null, now: number): string {
  if (iso === null) return 'never'
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  const seconds = Math.round((now - at) / 1000)
  if (seconds < 5) return 'just now'
  if (seconds < 90) return `${seconds} s ago`
  if (seconds < 3570) return `${Math.round(seconds / 60)} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  if (seconds < 30 * 86_400) return `${Math.round(seconds / 86_400)} d ago`
  return iso.slice(0, 10)
}

/** A time to come; null is `never`, one that has come is `over`. @example ahead('2026-05-04T20:08:14Z', now) // 'in 3 d' */
export function ahead(iso: string | null, now: number): string {
  if (iso === null) return 'never'
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  const seconds = Math.round((at - now) / 1000)
  if (seconds <= 0) return 'over'
  if (seconds < 3570) return `in ${Math.max(1, Math.round(seconds / 60))} min`
  if (seconds < 2 * 86_400) return `in ${Math.round(seconds / 3600)} h`
  if (seconds < 400 * 86_400) return `in ${Math.round(seconds / 86_400)} d`
  return iso.slice(0, 10)
}

/** @example count(3, 'device') // '3 devices' */
export function count(many: number, what: string): string {
  return `${many} ${what}${many === 1 ? '' : 's'}`
}

/** Milliseconds of `30s`, `5m`, `2h` or `90d`; undefined when it is no such span. @example span('30s') // 30000 */
export function span(text: string): number | undefined {
  const [, many, unit] = /^(\d{1,6})(s|m|h|d)$/.exec(text) ?? []
  const ms = unit === undefined ? undefined : UNITS[unit]
  return ms === undefined ? undefined : Number(many) * ms
}

const UNITS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
