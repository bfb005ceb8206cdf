import { renderUnicodeCompact } from 'uqr'
import type { Output } from './host.ts'

/**
 * The address as a picture for a phone, as lines of a terminal; undefined where it would not fit. White on
 * black is set explicitly, so that it reads the same in a light and in a dark terminal.
 *
 * @example const picture = qrCode('https://robotrace.example.org/cli/auth?code=XKDF-PQ4N', host.out)
 */
export function qrCode(url: string, output: Pick<Output, 'columns'>): string | undefined {
  const lines = renderUnicodeCompact(url, { border: 2 }).split('\n')
  const width = Math.max(...lines.map((line) => line.length))
  if (width > output.columns) return undefined
  return lines.map((line) => `\u001b[97;40m${line}\u001b[0m`).join('\n')
}
