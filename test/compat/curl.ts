import { execFile, execFileSync } from 'node:child_process'

/** What the real `curl` binary got. */
export interface CurlAnswer {
  status: number
  headers: string
  /** Parsed where it is JSON, else the text. */
  body: Record<string, unknown>
  text: string
}

/** Whether a program is here; what is not here cannot be replayed with. */
export function isInstalled(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Runs curl with these arguments. @example await curl('-H', `X-API-Key: ${key}`, `${url}/devices`) */
export async function curl(...args: string[]): Promise<CurlAnswer> {
  const output = await run('curl', ['-sS', '-i', '--max-time', '20', ...args])
  // Behind a 100 Continue and the like stands the answer.
  const parts = output.split('\r\n\r\n')
  let at = 0
  while (/^HTTP\/1\.1 1\d\d/.test(parts[at] ?? '')) at++
  const headers = parts[at] ?? ''
  const text = parts.slice(at + 1).join('\r\n\r\n')
  const body: Record<string, unknown> = text.startsWith('{') ? JSON.parse(text) : {}
  return { status: Number(headers.slice(9, 12)), headers, body, text }
}

/** Runs a program to its end, while this process goes on serving. @returns its standard output */
export function run(program: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program}: ${error.message}${stderr}`))
      else resolve(stdout)
    })
  })
}
