import type { Response } from 'express'
import { stringifyJson } from './json.ts'

/** @example sendJson(response, 200, { status: 'ok' }) */
export function sendJson(response: Response, status: number, body: unknown): void {
  const text = stringifyJson(body)
  response.statusCode = status
  response.setHeader('Content-Type', 'application/json; charset=utf-8')
  // Answers carry signed links and one tenant's data: nobody on the way may keep them.
  response.setHeader('Cache-Control', 'no-store')
  response.setHeader('Content-Length', Buffer.byteLength(text))
  response.end(text)
}
