import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { type Person, person, tenant } from '../seed.ts'
import { headersOf, type MailServer, readable, startMailServer } from '../smtp-server.ts'

const FROM = 'RoboTrace <robots@trace.example>'

const withMail = (mail: { url: string }, more: Record<string, string> = {}) =>
  startTestServer({ ROBOTRACE_SMTP_URL: mail.url, ROBOTRACE_MAIL_FROM: FROM, ...more })

async function invite(server: TestServer, by: Person, organization_id: string, email = 'new@lab.example') {
  const made = await portalClient(server, by).invitations.make.mutate({
    organization_id,
    email,
    role: 'member',
  })
  expect(made.invitation.mail).toBe('sending')
  await server.ctx.background.drain()
  const [listed] = await portalClient(server, by).invitations.list.query({ organization_id })
  return { ...made, outcome: listed?.mail, token: new URL(made.link).searchParams.get('token') ?? '' }
}

/** The link that only the mail contains. */
function linkIn({ mails }: MailServer): URL {
  const raw = readable(mails.at(-1)?.raw ?? '')
  return new URL(/http\S+\/invitation\?token=[\w-]+/.exec(raw)?.[0] ?? '')
}

async function verifiedAt(server: TestServer, email: string): Promise<string | null | undefined> {
  const row = await server.ctx.db
    .selectFrom('accounts')
    .select('email_verified_at')
    .where('email', '=', email)
    .executeTakeFirst()
  return row?.email_verified_at
}

describe('the mail of an invitation', () => {
  test('(33) comes from the configured sender, in text and HTML, with one link below PUBLIC_URL', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail, { PUBLIC_URL: 'http://localhost:4999' })
    const { organization_id, owner } = await tenant(server)
    const { outcome } = await invite(server, owner, organization_id)
    expect(outcome).toBe('sent')
    const [sent] = mail.mails
    expect(sent?.to).toEqual(['new@lab.example'])
    const headers = headersOf(sent?.raw ?? '')
    expect(headers.get('from')).toBe(FROM)
    expect(headers.get('to')).toBe('new@lab.example')
    expect(headers.get('subject')).toBe('Invitation to Halcyon Robotics on RoboTrace')
    expect(headers.get('message-id')).toMatch(/^<[^<>\s]+@trace\.example>$/)
    expect(headers.has('date') && headers.has('mime-version')).toBe(true)
    expect(headers.get('content-type')).toMatch(/^multipart\/alternative/)
    const text = readable(sent?.raw ?? '')
    expect(text).toMatch(/text\/plain[\s\S]*text\/html/)
    const links = new Set(text.match(/https?:\/\/[^\s"<]+/g))
    expect([...links]).toEqual([
      expect.stringMatching(/^http:\/\/localhost:4999\/invitation\?token=[\w-]{43}$/),
    ])
    for (const line of (sent?.raw ?? '').split('\r\n')) expect(line.length).toBeLessThan(998)
  })

  test('is sent once in ten minutes, however often the link is made again; the address is asked five times a day', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { organization_id, owner } = await tenant(server)
    const { invitation } = await invite(server, owner, organization_id)
    const { invitations } = portalClient(server, owner)
    const again = async () => {
      const made = await invitations.renew.mutate({ id: invitation.id })
      await server.ctx.background.drain()
      return made.link
    }
    const links = new Set([await again(), await again(), await again()])
    expect([links.size, mail.mails.length]).toEqual([3, 1])
    server.clock.advance('11m')
    await again()
    expect(mail.mails).toHaveLength(2)
    const wanted = { organization_id, email: 'new@lab.example', role: 'member' as const }
    let { id } = invitation
    for (let nth = 0; nth < 4; nth++) {
      await invitations.revoke.mutate({ id })
      id = (await invitations.make.mutate(wanted)).invitation.id
    }
    await invitations.revoke.mutate({ id })
    await expect(invitations.make.mutate(wanted)).rejects.toThrow('was invited 5 times today')
  })

  test('holds another token than the link that is shown: using it proves the mailbox, using the other does not', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { organization_id, owner } = await tenant(server)
    const join = (token: string) =>
      mutate(server, 'invitation.join', { token, name: 'Robin', password: 'seven green forklifts' })
    const shown = await invite(server, owner, organization_id)
    expect((await join(shown.token)).status).toBe(200)
    expect(await verifiedAt(server, 'new@lab.example')).toBeNull()
    await invite(server, owner, organization_id, 'two@lab.example')
    const mailed = linkIn(mail).searchParams.get('token') ?? ''
    expect(mailed).not.toBe(shown.token)
    const rows = await server.ctx.db.selectFrom('invitations').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(mailed)
    expect(server.log()).not.toContain(mailed)
    expect((await join(mailed)).status).toBe(200)
    expect(await verifiedAt(server, 'two@lab.example')).toMatch(/^\d{4}-/)
  })

  test('proves the mailbox of somebody who has an account, too', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { organization_id, owner } = await tenant(server)
    const casey = await person(server)
    await invite(server, owner, organization_id, casey.email)
    const token = linkIn(mail).searchParams.get('token') ?? ''
    await portalClient(server, casey).invitation.accept.mutate({ token })
    expect(await verifiedAt(server, casey.email)).toMatch(/^\d{4}-/)
  })

  test('a link made again sends another mail, and the one before is dead', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const { organization_id, owner } = await tenant(server)
    const { invitation } = await invite(server, owner, organization_id)
    const before = linkIn(mail).searchParams.get('token') ?? ''
    server.clock.advance('11m')
    await portalClient(server, owner).invitations.renew.mutate({ id: invitation.id })
    await server.ctx.background.drain()
    expect(mail.mails).toHaveLength(2)
    const after = linkIn(mail).searchParams.get('token') ?? ''
    const view = (token: string) => portalClient(server).invitation.view.mutate({ token })
    await expect(view(before)).rejects.toMatchObject({ data: { problem: { code: 'not_found' } } })
    expect(await view(after)).toMatchObject({ next: 'make_account' })
  })

  test('(37) names that people typed cannot add a header, a recipient, markup or a link of their own', async () => {
    await using mail = await startMailServer()
    await using server = await withMail(mail)
    const hostile = 'Lab\r\nBcc: victim@evil.example\r\n\r\n<img src=x onerror=alert(1)>'
    const { organization_id, owner } = await tenant(server, { name: hostile })
    await server.ctx.db
      .updateTable('accounts')
      .set({ name: '<b>Pay</b> at https://evil.example/pay & www.evil.example' })
      .where('id', '=', owner.caller.account_id)
      .execute()
    const { outcome } = await invite(server, owner, organization_id)
    expect(outcome).toBe('sent')
    const [sent] = mail.mails
    expect(sent?.to).toEqual(['new@lab.example'])
    expect(headersOf(sent?.raw ?? '').has('bcc')).toBe(false)
    expect(readable(sent?.raw ?? '')).not.toMatch(/<img|<b>|evil\.example/)
  })

  test.each(['a@lab.example, b@evil.example', 'a@lab.example\r\nBcc: b@evil.example', '<a@lab.example>'])(
    '%j is no address to send to',
    async (email) => {
      await using mail = await startMailServer()
      await using server = await withMail(mail)
      const { organization_id, owner } = await tenant(server)
      await expect(
        portalClient(server, owner).invitations.make.mutate({ organization_id, email, role: 'viewer' }),
      ).rejects.toMatchObject({ data: { problem: { code: 'invalid_request' } } })
      await server.ctx.background.drain()
      expect(mail.mails).toEqual([])
    },
  )
})

describe('a mail that cannot be sent', () => {
  test.each(['a server that refuses the recipient', 'a server that is not there'])(
    'by %s leaves the invitation good, and its failure is shown',
    async (which) => {
      await using mail = await startMailServer({ refuse: true })
      const closed = createServer().listen(0, '127.0.0.1')
      await once(closed, 'listening')
      const address = closed.address()
      const port = typeof address === 'object' ? address?.port : 0
      await new Promise((resolve) => closed.close(resolve))
      const url = which.includes('refuses') ? mail.url : `smtp://127.0.0.1:${port}`
      await using server = await withMail({ url })
      const { organization_id, owner } = await tenant(server)
      const { outcome, token } = await invite(server, owner, organization_id)
      expect(outcome).toBe('failed')
      expect(server.log()).toContain('an invitation could not be mailed')
      expect(server.log()).not.toContain(token)
      expect(await portalClient(server).invitation.view.mutate({ token })).toMatchObject({
        next: 'make_account',
      })
    },
  )
})
