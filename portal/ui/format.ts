/**
 * Numbers and times as people read them.
 *
 * @example duration(47.21) // "47.2 s"
 */
export function duration(seconds: number): string {
  if (seconds < 600) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`
}

/** Bytes in decimal units: `1.3 GB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB', 'PB']
  let value = bytes
  let unit = 'B'
  for (const next of units) {
    if (value < 999.5) break
    value /= 1000
    unit = next
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

/** A hash or id shortened in the middle, both ends kept: `9f86d0…0f00a08`. */
export function shorten(text: string, head = 7, tail = 5): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`
}

/** How long ago, in the shortest words that still tell: `4 min ago`, `3 d ago`, then the date. */
export function ago(iso: string, now: number): string {
  const at = Date.parse(iso)
  const seconds = Math.round((now - at) / 1000)
  if (Number.isNaN(at)) return iso
  if (seconds < 45) return 'just now'
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  if (seconds < 30 * 86_400) return `${Math.round(seconds / 86_400)} d ago`
  return day.format(at)
}

/** A time to come, as far away as one cares to know: `in 30 d`, then the date. */
export function ahead(iso: string, now: number): string {
  const at = Date.parse(iso)
  const seconds = Math.round((at - now) / 1000)
  if (Number.isNaN(at)) return iso
  if (seconds < 60) return 'in a moment'
  if (seconds < 3600) return `in ${Math.round(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `in ${Math.round(seconds / 3600)} h`
  if (seconds < 400 * 86_400) return `in ${Math.round(seconds / 86_400)} d`
  return `on ${day.format(at)}`
}

/** How long a key lives, in days; null: for good. `For 30 days` */
export function lifetime(days: number | null): string {
  return days === null ? 'Until it is revoked' : `For ${count(days, 'day')}`
}

const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })
const local = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' })

/** The exact time twice: in the viewer's zone, then in UTC. */
export function exact(iso: string): string {
  const at = Date.parse(iso)
  if (Number.isNaN(at)) return iso
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone
  const utc = `${clock.format(at)} UTC`
  return zone === 'UTC' ? utc : `${local.format(at)} ${zone} · ${utc}`
}

/** `1 artifact`, `3 artifacts`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString('en')} ${n === 1 ? one : many}`
}

function pad(n: number): string {
  return String(n).padStart(2, '0')
}

/** @example number(12345) // '12,345' */
export function number(n: number): string {
  return n.toLocaleString('en')
}

/** Orders by name as people do. @example [{ name: 'Line 10' }, { name: 'Line 2' }].sort(byName) // Line 2, Line 10 */
export function byName(a: { name: string }, b: { name: string }): number {
  return a.name.localeCompare(b.name, 'en', { numeric: true })
}

/** What the server makes of a name when no slug is given. @example slugOf('Hall 2') // 'hall-2' */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48)
    .replace(/-$/, '')
}
