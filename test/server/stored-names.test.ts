import { describe, expect, test } from 'vitest'
import { makeSetupLink } from '../../server/accounts/setup.ts'
import { startTestServer } from '../harness.ts'
import { portalClient } from '../portal-client.ts'
import { mutate } from '../portal-request.ts'
import { PASSWORD, person, tenant } from '../seed.ts'
import { sendJson } from '../token-requests.ts'

/** Clears a terminal, ends a line, turns the direction of writing, and has no width: none of it is part of a name. */
const EVIL = ' \u001b[2J\u009b31m\u0000na\r\nme\u0085\u202egnp\u2066\u200b\u200f\ufeff\t '
const LEFT = '[2J31mnamegnp'
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/
const PUBLIC_KEY = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl'

describe('(37) what people name things is kept without what cannot be seen', () => {
  test('keys, notes, tokens of terminals, SSH keys, people, organizations and episodes', async () => {
    await using server = await startTestServer()
    const { owner, organization_id, api_key } = await tenant(server)
    const portal = portalClient(server, owner)
    const { api_key: key } = await portal.apiKeys.mint.mutate({ organization_id, label: EVIL, note: EVIL })
    const { api_key: own } = await portal.apiKeys.mintPersonal.mutate({ label: EVIL })
    const edited = await portal.apiKeys.edit.mutate({ id: own.id, label: `x${EVIL}` })
    // A comment is one line, or it would be another key.
    const key_text = `${PUBLIC_KEY} ${EVIL.replace(/[\r\n]/g, '')}`
    const ssh = await portal.sshKeys.add.mutate({ name: EVIL, key_text })
    const renamed = await portal.auth.rename.mutate({ name: EVIL })
    const sam = await person(server, { staff: true })
    const { id } = await portalClient(server, sam).clients.create.mutate({ name: EVIL })
    const client = await portalClient(server, sam).clients.get.query({ id })
    const made = await sendJson(server, 'POST', '/api/ingest/episode', api_key, { name: EVIL, robot: EVIL })
    expect(made.status).toBe(201)
    const [episode] = (await portal.episodes.list.query({ organization_id })).items
    expect([key.label, key.note, own.label, edited.label]).toEqual([LEFT, LEFT, LEFT, `x ${LEFT}`])
    expect([ssh.name, renamed.name, client.name]).toEqual([LEFT, LEFT, LEFT])
    expect([episode?.name, episode?.robot]).toEqual([LEFT, LEFT])
    expect(ssh.comment).toContain('name')
    const { items } = await portalClient(server, sam).audit.listAll.query({})
    expect(items.length).toBeGreaterThan(5)
    for (const text of [ssh.comment, ...items.flatMap(textsOf)]) expect(text).not.toMatch(UNSEEN)
  })

  test('a name that is nothing else is none', async () => {
    await using server = await startTestServer()
    const { owner, organization_id } = await tenant(server)
    const portal = portalClient(server, owner)
    const nothing = { data: { problem: { code: 'invalid_request' } } }
    const blank = '\u001b\u202e\u200b\r\n'
    await expect(portal.apiKeys.mint.mutate({ organization_id, label: blank })).rejects.toMatchObject(nothing)
    await expect(portal.auth.rename.mutate({ name: blank })).rejects.toMatchObject(nothing)
    await expect(portal.sshKeys.add.mutate({ name: blank, key_text: PUBLIC_KEY })).rejects.toMatchObject(
      nothing,
    )
    await expect(portal.auth.rename.mutate({ name: 'x'.repeat(10_000) })).rejects.toMatchObject(nothing)
  })

  test('the first account and its organization as well', async () => {
    await using server = await startTestServer()
    const token = new URL((await makeSetupLink(server.ctx)) ?? '').searchParams.get('token')
    const first = { token, email: 'art@lab.example', password: PASSWORD }
    const answer = await mutate(server, 'setup.complete', { ...first, name: EVIL, organization_name: EVIL })
    expect(answer.status).toBe(200)
    const { db } = server.ctx
    expect(await db.selectFrom('accounts').select('name').execute()).toEqual([{ name: LEFT }])
    expect(await db.selectFrom('organizations').select('name').execute()).toEqual([{ name: LEFT }])
  })
})

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}
