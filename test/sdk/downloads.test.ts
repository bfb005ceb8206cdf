import { getEventListeners, once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { Client, TransportError } from '../../sdk/mod.ts'
import { KEY } from './wire-server.ts'

/** Answers downloads with these bytes; `stalls`: and then never with the rest that it announced. */
async function startBytes(bytes: string, { stalls = false } = {}) {
  const http = createServer((request, response) => {
    if (request.url?.includes('ep_silent')) return
    response.writeHead(200, { 'Content-Length': stalls ? bytes.length + 1 : bytes.length })
    response.write(bytes)
    if (!stalls) response.end()
  }).listen(0, '127.0.0.1')
  await once(http, 'listening')
  // A listening TCP socket has an AddressInfo; only pipes have a string.
  const { port } = http.address() as AddressInfo
  const base_url = `http://127.0.0.1:${port}`
  return {
    client: (timeout_s = 30) => new Client({ api_key: KEY, base_url, verbose: false, timeout_s }),
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      http.close()
      await once(http, 'close')
    },
  }
}

/** What nobody holds is gone afterwards, and whoever waits for that has been told. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void // V8's own function, which has no type here
  for (let round = 0; round < 20; round++) {
    gc()
    await setImmediate()
  }
}

test('a signal that nobody else holds ends a download in the middle of its body', async () => {
  await using server = await startBytes('first', { stalls: true })
  const response = await server.client().downloadArtifact('ep_1', 'video', {
    // Long enough for the first bytes on a busy machine.
    signal: AbortSignal.timeout(3_000),
  })
  const reader = response.body?.getReader()
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first')
  await collectGarbage()
  await expect(reader?.read()).rejects.toMatchObject({ name: 'TimeoutError' })
})

test('a signal that has ended already sends nothing, and its reason is thrown', async () => {
  await using server = await startBytes('first')
  const why = new Error('the robot moved on')
  const signal = AbortSignal.abort(why)
  await expect(server.client().downloadArtifact('ep_1', 'video', { signal })).rejects.toBe(why)
})

test('the time limit ends with the headers, and holds with a signal as well', async () => {
  await using server = await startBytes('first')
  const { signal } = new AbortController()
  const failed = server.client(0.05).downloadArtifact('ep_silent', 'video', { signal })
  await expect(failed).rejects.toBeInstanceOf(TransportError)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('a signal that outlives many downloads is listened to once, ends what is under way, and is let go at last', async () => {
  await using server = await startBytes('all of it')
  await using stalling = await startBytes('first', { stalls: true })
  const moved_on = new AbortController()
  const { signal } = moved_on
  const listening = () => getEventListeners(signal, 'abort').length
  const client = server.client()
  // A function of its own: what it held is out of reach when it has returned.
  const readOne = async () => (await client.downloadArtifact('ep_1', 'video', { signal })).text()
  for (let nth = 0; nth < 20; nth++) {
    expect(await readOne()).toBe('all of it')
    // Node warns of a leak from the eleventh on.
    expect(listening()).toBeLessThanOrEqual(1)
  }
  await expect.poll(() => collectGarbage().then(listening)).toBe(0)
  const ask = () => stalling.client().downloadArtifact('ep_1', 'video', { signal })
  const both = await Promise.all([ask(), ask()])
  expect(listening()).toBe(1)
  const ended = both.map((response) => expect(response.text()).rejects.toThrow('the robot moved on'))
  moved_on.abort(new Error('the robot moved on'))
  await Promise.all(ended)
})
