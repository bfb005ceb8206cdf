import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

/**
 * What this server promises about credentials and people, by number. A test that proves one carries its number in its
 * name, `test('(13) …')` or `describe('(4, 7) …')`; a promise without a test, or a number without a promise, fails here.
 */
const STATEMENTS: Record<number, string> = {
  1: 'no secret is found on disk or in the log',
  2: 'of an API key, a hash and its public id are kept',
  3: 'user codes are kept keyed',
  4: 'session, invitation and set-up tokens are kept as hashes',
  5: 'passwords: Argon2id, renewed, of any length, none that guessing starts with',
  6: 'the signing secret: a file of its own, with an overlap of two',
  7: 'authenticator secrets are encrypted',
  8: 'verifying a key takes the same time whatever is wrong with it',
  9: 'unknown, wrong, revoked and expired keys get one and the same 401',
  10: 'a wrong checksum costs no look at the database, and a right one opens nothing',
  11: 'whatever is presented as a key is read without harm, in headers alone',
  12: 'tokens with another algorithm, key, issuer, audience, type or time are refused',
  13: 'refreshing rotates, has a grace, ends the session on reuse, and ends after 30 days',
  14: 'a credential makes no broader one, and none without the scope for it',
  15: 'what a body says of owner, organization or state changes nothing',
  16: 'revoking takes effect with the next request, links included',
  17: 'at the same moment, one wins',
  18: 'a known and an unknown e-mail get the same answer',
  19: 'wrong passwords are limited without locking the owner out',
  20: 'hashing passwords has a bounded queue',
  21: 'IPv6 counts by network, IPv4 in IPv6 as IPv4',
  22: 'X-Forwarded-For is believed from named proxies alone',
  23: 'failures are limited before they cost anything, in bounded memory',
  24: 'a limit answers 429, and a request counts once',
  25: "another organization's things answer like things that do not exist",
  26: 'guesses of user codes have one budget, wherever they are tried',
  27: 'cookies: bound to the host, HttpOnly, Lax',
  28: 'no other site makes a signed-in browser change anything',
  29: 'no GET or HEAD changes anything',
  30: 'a session gets another id whenever its rights change',
  31: 'the page that lets a terminal in cannot be framed or pressed unseen',
  32: 'after signing in one lands only on a page of ours',
  33: 'a foreign Host reaches no address, mail, cookie or redirect',
  34: 'no start with a configuration that leaks; the first account needs a link that works once',
  35: 'no referrer, no inline script, no sniffing, and no secret in a cache',
  36: 'the text of a key is shown once and kept nowhere',
  37: 'what others wrote is text, without control characters',
  38: 'no other origin reads anything',
  47: 'who may do what, on every route and procedure',
  48: "rows of an organization are named by their nouns' SQL alone",
  49: 'who is removed or demoted is so with the next request',
  50: 'invitations and provider accounts: bound to an address, once, never above the inviter',
  51: 'lists, links and limits are of one organization',
  59: 'webhooks reach public addresses alone, and the one that was checked',
  60: 'the log holds no secret',
  61: 'an unexpected error tells its request id and nothing else',
  62: 'no error or inspection of the SDK shows the key',
  63: 'no key as an argument of a command',
  64: 'whoami and a crash of the CLI show the public part of a key alone',
  65: 'bodies, addresses, headers and batches are bounded',
  71: 'public SSH keys of the right kinds, and never a private one',
  72: 'the pattern for scanners takes no look-alike for a key',
  73: "a scanner's alert is verified first, counts once and tells strangers nothing",
  74: 'what was done stands in the audit trail, without a secret',
  75: 'the trail only grows, and a changed byte or a missing row shows',
  76: 'nothing in a field forges a line of log or export',
}

/** Up to here there are promises; those left out above are about uploads, terminals, files and releases. */
const LAST = 80

/** What once went wrong elsewhere, played again here. */
const REPLAYED = [
  'CVE-2025-61928',
  'CVE-2026-45364',
  'better-auth #4023',
  'pocket-id #1334',
  'dub #4273',
  'inbound #158',
]

const NAMED = /\b(?:test|describe)(?:\.each\([\s\S]*?\))?\(\s*(['"`])(.*?)\1/g

const names = readdirSync('test', { recursive: true, withFileTypes: true })
  .filter(
    (entry) =>
      entry.isFile() && entry.name.endsWith('.test.ts') && entry.name !== 'security-statements.test.ts',
  )
  .flatMap((entry) => [...readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(NAMED)])
  .map(([, , name = '']) => name)
const carried = new Set(
  names.flatMap((name) =>
    (/\((\d+(?:, \d+)*)\) /.exec(name)?.[1] ?? '').split(', ').filter(Boolean).map(Number),
  ),
)

test('every promise about credentials and people is carried by the name of a test', () => {
  expect(names.length).toBeGreaterThan(600)
  expect(Object.keys(STATEMENTS)).toHaveLength(38 + 5 + 7 + 6)
  const without = Object.entries(STATEMENTS).filter(([number]) => !carried.has(Number(number)))
  expect(without).toEqual([])
  expect([...carried].filter((number) => number < 1 || number > LAST)).toEqual([])
})

test('what went wrong elsewhere is played again here, by its name', () => {
  expect(REPLAYED.filter((advisory) => !names.some((name) => name.includes(advisory)))).toEqual([])
})
