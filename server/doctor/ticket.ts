import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Request } from 'express'
import { z } from 'zod'
import type { AppContext } from '../context.ts'

/**
 * How `robotrace doctor` learns what the server sees of a request that went through the proxy in front of it. Doctor
 * and server share the installation's secret: doctor signs a ticket with it and sends it to PUBLIC_URL/healthz as a
 * header; the server answers what it saw, signed with the same secret for this ticket alone. Nobody without the secret
 * gets more than the usual answer, a ticket is good for a minute, and what it tells is about that one request.
 */
export const TICKET_HEADER = 'x-robotrace-doctor'

const GOOD_FOR_MS = 60_000

const seen = z.object({
  /** The data folder's identity: two servers with the same secret are told apart by it. */
  instance: z.string(),
  /** Who opened the connection: the proxy, or the client itself. */
  peer: z.string(),
  /** Whether that address is one of ROBOTRACE_TRUSTED_PROXIES. */
  trusted: z.boolean(),
  /** Whom the server takes for the client. */
  client: z.string(),
  host: z.string().nullable(),
  forwarded_for: z.string().nullable(),
  forwarded_proto: z.string().nullable(),
  encrypted: z.boolean(),
})

/** What the server saw of the request. */
export type Seen = z.output<typeof seen>

const answer = z.object({ seen, signature: z.string() })

/** @example const ticket = makeTicket(signing, new Date()) */
export function makeTicket(signing: AppContext['signing'], now: Date): string {
  const text = `${now.getTime() + GOOD_FOR_MS}.${randomBytes(16).toString('hex')}`
  return `${text}.${signing.sign('doctor', `ticket\n${text}`)}`
}

/** What is added to the answer of /healthz; undefined: this request shows no ticket, or none that is good. */
export function answerTicket(
  { signing, now, config }: Pick<AppContext, 'signing' | 'now'> & { config: { data: string } },
  request: Request,
): z.output<typeof answer> | undefined {
  const ticket = request.get(TICKET_HEADER)
  const match = /^((\d{13})\.[0-9a-f]{32})\.([\w-]{43})$/.exec(ticket ?? '')
  if (!ticket || !match) return undefined
  const [, text = '', until = '', signature = ''] = match
  const left = Number(until) - now().getTime()
  if (left < 0 || left > 2 * GOOD_FOR_MS) return undefined
  if (!signing.verify('doctor', `ticket\n${text}`, signature)) return undefined
  const saw = look(request, instanceOf(config.data))
  return { seen: saw, signature: signing.sign('doctor', answerText(ticket, saw)) }
}

/** @returns undefined when it is not the answer of a server with our secret to this ticket */
export function readAnswer(signing: AppContext['signing'], ticket: string, body: unknown): Seen | undefined {
  const parsed = answer.safeParse(body)
  if (!parsed.success) return undefined
  const { seen: saw, signature } = parsed.data
  return signing.verify('doctor', answerText(ticket, saw), signature) ? saw : undefined
}

function answerText(ticket: string, saw: Seen): string {
  return `answer\n${ticket}\n${JSON.stringify(saw)}`
}

/** The file system's own name of the lock file: every process on this folder has it open. */
export function instanceOf(data: string): string {
  return String(statSync(join(data, 'lock'), { throwIfNoEntry: false })?.ino ?? 0)
}

function look(request: Request, instance: string): Seen {
  const peer = request.socket.remoteAddress ?? ''
  // Express keeps here what it made of the setting `trust proxy`; its types call every setting `any`.
  const isTrusted: (address: string, hop: number) => boolean = request.app.get('trust proxy fn')
  return {
    instance,
    peer,
    trusted: isTrusted(peer, 0),
    client: request.ip ?? '',
    host: request.get('host') ?? null,
    forwarded_for: request.get('x-forwarded-for') ?? null,
    forwarded_proto: request.get('x-forwarded-proto') ?? null,
    encrypted: 'encrypted' in request.socket,
  }
}
