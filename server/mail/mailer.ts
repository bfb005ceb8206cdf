import escapeHtml from 'escape-html'
import type { Transporter } from 'nodemailer'
import { isLoopback } from '../environment.ts'

/** One mail. Every member is plain text; what of it becomes HTML is escaped here. */
export interface Mail {
  /** One address, checked before. */
  to: string
  subject: string
  /** Short paragraphs, from the top. */
  paragraphs: string[]
  /** The one thing to do, between the first paragraph and the others: `url` is one of our own. */
  link: { words: string; url: string }
}

/** Hands mails to the mail server that the operator named, or to none. */
export interface Mailer {
  /** Whether a mail server is named at all. */
  on: boolean
  /** Settles when the mail server has taken the mail. @throws when it did not, within half a minute */
  send(mail: Mail): Promise<void>
}

/** A mail server that says nothing for so long is given up on. */
const PATIENCE_MS = 10_000

/**
 * @param url `smtp://` or `smtps://`, user and password in it; undefined: no mail is sent
 * @param from sender, `Name <address>`
 * @example createMailer('smtps://robotrace:secret@mail.example.org', 'RoboTrace <robotrace@example.org>')
 */
export function createMailer(url: string | undefined, from: string | undefined): Mailer {
  if (url === undefined || from === undefined) {
    return { on: false, send: () => Promise.reject(new Error('no mail server is configured')) }
  }
  let transport: Promise<Transporter> | undefined
  return {
    on: true,
    async send(mail) {
      transport ??= open(url)
      const { to, subject } = mail
      const address = { name: '', address: to }
      await (await transport).sendMail({ from, to: address, subject, text: textOf(mail), html: htmlOf(mail) })
    },
  }
}

/** Loaded with the first mail: most installations send none. */
async function open(url: string): Promise<Transporter> {
  const { createTransport } = await import('nodemailer')
  const { username, hostname } = new URL(url)
  return createTransport({
    url,
    // A password is never sent in clear over a network, whatever the mail server offers.
    requireTLS: username !== '' && !isLoopback(hostname),
    // Within this machine there is nobody to hide from, and its certificate is rarely one that can be checked.
    ignoreTLS: isLoopback(hostname),
    connectionTimeout: PATIENCE_MS,
    greetingTimeout: PATIENCE_MS,
    socketTimeout: PATIENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}

function textOf({ paragraphs: [first = '', ...rest], link }: Mail): string {
  return [first, `${link.words}:\n${link.url}`, ...rest].join('\n\n')
}

function htmlOf({ paragraphs: [first = '', ...rest], link }: Mail): string {
  const p = (inner: string) => `<p style="margin:0 0 16px">${inner}</p>`
  const url = escapeHtml(link.url)
  const body = [
    p(escapeHtml(first)),
    p(`<a href="${url}">${escapeHtml(link.words)}</a><br>${url}`),
    ...rest.map((one) => p(escapeHtml(one))),
  ]
  return `<!doctype html><html lang="en"><body style="font:15px/1.5 sans-serif">${body.join('')}</body></html>`
}
