const BROWSERS: [RegExp, string][] = [
  [/Edg\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\//, 'Firefox'],
  [/(Headless)?Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]

const SYSTEMS: [RegExp, string][] = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

/**
 * A User-Agent in two words; what is not a known browser is shown as it came, shortened.
 *
 * @example browserName('Mozilla/5.0 (X11; Linux x86_64) … Chrome/143.0 Safari/537.36') // 'Chrome on Linux'
 */
export function browserName(user_agent: string): string {
  const browser = BROWSERS.find(([pattern]) => pattern.test(user_agent))?.[1]
  const system = SYSTEMS.find(([pattern]) => pattern.test(user_agent))?.[1]
  if (!browser) return user_agent.slice(0, 60) || 'Unknown'
  return system ? `${browser} on ${system}` : browser
}
