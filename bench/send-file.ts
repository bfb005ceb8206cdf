import { once } from 'node:events'
import { createReadStream, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { pipeline } from 'node:stream/promises'

/** Sends one file with its length and prints how many seconds it took until the answer was there. */
const [method = '', url = '', file = ''] = process.argv.slice(2)
const began = performance.now()
const sending = request(url.replace('//localhost', '//127.0.0.1'), {
  method,
  headers: { 'Content-Type': 'video/mp4', 'Content-Length': statSync(file).size },
})
const answered = once(sending, 'response')
await pipeline(createReadStream(file, { highWaterMark: 1024 * 1024 }), sending)
// The event's one argument.
const [answer] = (await answered) as [IncomingMessage]
answer.resume()
await once(answer, 'end')
if (answer.statusCode !== 200) throw new Error(`answered ${answer.statusCode}`)
console.log((performance.now() - began) / 1000)
