import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/**
 * Asks one address for some seconds, each request with the next credential of a file (a JSON list), and prints how
 * many it answered. autocannon's command line knows one set of headers only.
 */
const [url = '', seconds = '', file = ''] = process.argv.slice(2)

/** What of autocannon, which has no types, is used here. */
type Cannon = (options: {
  url: string
  connections: number
  duration: number
  requests: { headers: Record<string, string> }[]
}) => Promise<{ requests: { total: number }; non2xx: number; errors: number }>

// The one function that the package exports.
const cannon = createRequire(import.meta.url)('autocannon') as Cannon
// The bench's own file.
const credentials = JSON.parse(readFileSync(file, 'utf8')) as string[]
const { requests, non2xx, errors } = await cannon({
  url,
  connections: 64,
  duration: Number(seconds),
  requests: credentials.map((text) => ({ headers: { Authorization: `Bearer ${text}` } })),
})
if (non2xx > 0 || errors > 0) throw new Error(`${url}: ${non2xx} refused, ${errors} broken`)
console.log(requests.total)
