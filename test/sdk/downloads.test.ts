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
    signal: AbortSignal.timeout(1_000),
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

test('a signal that outlives many downloads does not collect what listens to it', async () => {
  await using server = await startBytes('all of it')
  const { signal } = new AbortController()
  const client = server.client()
  for (let nth = 0; nth < 20; nth++) {
    const response = await client.downloadArtifact('ep_1', 'video', { signal })
    expect(await response.text()).toBe('all of it')
  }
  await collectGarbage()
  expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1)
})
