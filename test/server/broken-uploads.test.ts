import { describe, expect, test } from 'vitest'
import { errorLines, filesOf, put, read, VIDEO, videoSlot } from '../episode-requests.ts'
import { startTestServer } from '../harness.ts'
import { answerOf, rawRequest } from '../raw-request.ts'
import { tenant } from '../seed.ts'

describe('broken uploads', () => {
  test('a sender that hangs up in the middle leaves nothing behind', async () => {
    await using server = await startTestServer()
    const { api_key } = await tenant(server)
    const { id, url } = await videoSlot(server, api_key)
    const socket = await rawRequest(url, 'PUT', { ...VIDEO, 'Content-Length': 1_000_000 })
    socket.write('x'.repeat(400_000))
    await expect.poll(() => filesOf(server)).toHaveLength(1)
    socket.destroy()
    await expect.poll(() => filesOf(server)).toEqual([])
    expect((await read(server, api_key, id)).artifacts).toEqual([])
    expect((await put(url, 'second try')).status).toBe(200)
    expect(server.log()).toContain('"aborted":true')
    expect(errorLines(server)).toEqual([])
  })

  test('a sender that stops sending is cut and leaves nothing behind', async () => {
    await using server = await startTestServer({ ROBOTRACE_UPLOAD_IDLE: '1' })
    const { api_key } = await tenant(server)
    const { url } = await videoSlot(server, api_key)
    const socket = await rawRequest(url, 'PUT', { ...VIDEO, 'Content-Length': 1_000_000 })
    socket.write('x')
    expect(await answerOf(socket)).toBe('')
    await expect.poll(() => filesOf(server)).toEqual([])
    expect(errorLines(server)).toEqual([])
  })
})
