/** One thing that was looked at. */
export interface Finding {
  /** What it is about: `disk`, `clock`, `proxy` … */
  check: string
  level: 'ok' | 'warning' | 'problem'
  /** What was found, in a sentence. */
  message: string
  /** What to do about it. */
  fix?: string
  /** What `--fix` has done about it. */
  fixed?: string
}

/** @example yield ok('disk', '120 GB are free.') */
export function ok(check: string, message: string): Finding {
  return { check, level: 'ok', message }
}

export function warning(check: string, message: string, fix: string): Finding {
  return { check, level: 'warning', message, fix }
}

export function problem(check: string, message: string, fix: string): Finding {
  return { check, level: 'problem', message, fix }
}

/** Mended on the way: nothing is left to do. */
export function mended(check: string, message: string, fixed: string): Finding {
  return { check, level: 'ok', message, fixed }
}

/** @example size(1_500_000) // '1.5 MB' */
export function size(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  let [value, unit] = [bytes, 0]
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1]
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

/** The words of whatever was thrown. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}
