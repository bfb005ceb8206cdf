import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { errorLines } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { rawRequest } from '../raw-request.ts'

const JSON_BODY = { 'Content-Type': 'application/json', 'Content-Length': 100 }

describe('a body that does not arrive', () => {
  test.each(['/api/cli/auth/start', '/oauth/token', '/trpc/auth.signIn', '/api/nothing'])(
    'whole holds no connection of %s, and is no error of the server',
    async (path) => {
      await using server = await startTestServer({ ROBOTRACE_UPLOAD_IDLE: '1' })
      const socket = await rawRequest(`${server.url}${path}`, 'POST', JSON_BODY)
      socket.on('error', () => {})
      socket.resume()
      socket.write('{"half":')
      await once(socket, 'close')
      await expect.poll(() => server.log()).toContain('"msg":"request"')
      expect(errorLines(server)).toEqual([])
    },
  )

  test('in chunks that never end holds no connection either', async () => {
    await using server = await startTestServer({ ROBOTRACE_UPLOAD_IDLE: '1' })
    const headers = { 'Content-Type': 'application/json', 'Transfer-Encoding': 'chunked' }
    const socket = await rawRequest(`${server.url}/api/cli/auth/start`, 'POST', headers)
    socket.on('error', () => {})
    socket.resume()
    socket.write('1\r\n{\r\n')
    await once(socket, 'close')
    expect(errorLines(server)).toEqual([])
  })
})

describe('a client that hangs up in the middle of its body', () => {
  test.each(['/api/cli/auth/start', '/oauth/token', '/trpc/auth.signIn'])(
    'of %s leaves the line of the request, and no error',
    async (path) => {
      await using server = await startTestServer()
      const socket = await rawRequest(`${server.url}${path}`, 'POST', JSON_BODY)
      socket.write('{"half":', () => socket.destroy())
      await expect.poll(() => server.log()).toContain('"msg":"request"')
      expect(errorLines(server)).toEqual([])
    },
  )
})
