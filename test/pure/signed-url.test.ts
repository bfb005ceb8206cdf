import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checkLink, type Link, signLink } from '../../server/blobs/signed-url.ts'
import { readConfig } from '../../server/config.ts'
import { createSigningKeys } from '../../server/signing.ts'

const { config } = readConfig({})
const ctx = {
  config: { ...config, public_url: 'https://robots.example.org' },
  signing: createSigningKeys('a secret for tests only, 32 characters or more'),
  now: () => new Date(1_000_000_000_000),
}

const LINK: Link = {
  method: 'PUT',
  path: '/api/blobs/episodes/org/ep_1/video.mp4',
  artifact: 'video',
  content_type: 'video/mp4',
  terms: 1000,
  by: 'k000000001',
  expires: 1_000_000_100,
}
const VIDEO = { artifact: LINK.artifact, content_type: LINK.content_type }

function check(url: string, method = 'PUT', artifact = VIDEO): Link {
  return checkLink(ctx, { method, url: url.slice('https://robots.example.org'.length) }, artifact)
}

describe('a signed link', () => {
  test('says again what was signed', () => {
    expect(check(signLink(ctx, LINK))).toEqual(LINK)
    const get: Link = { ...LINK, method: 'GET', terms: 'attachment', by: 'acc_1' }
    expect(check(signLink(ctx, get), 'GET')).toEqual(get)
    expect(check(signLink(ctx, get), 'HEAD')).toEqual(get)
  })

  test('is for one artifact, one content type, one size, one key and one time', () => {
    const url = signLink(ctx, LINK)
    expect(() => check(url, 'PUT', { ...VIDEO, artifact: 'sensors' })).toThrow('not valid')
    expect(() => check(url, 'PUT', { ...VIDEO, content_type: 'text/html' })).toThrow('not valid')
    for (const [from, to] of [
      ['1000&', '1001&'],
      ['1000&', '01000&'],
      ['expires=1', 'expires=2'],
      ['k000000001', 'k000000002'],
      ['/org/', '/ogr/'],
    ]) {
      expect(() => check(url.replace(from ?? '', to ?? ''))).toThrow('not valid')
    }
  })

  test('ends at the second it names', () => {
    expect(() => check(signLink(ctx, { ...LINK, expires: 1_000_000_001 }))).not.toThrow()
    expect(() => check(signLink(ctx, { ...LINK, expires: 1_000_000_000 }))).toThrow('has expired')
  })

  test('made for one method names it to the other', () => {
    expect(() => check(signLink(ctx, LINK), 'GET')).toThrow('This link is for PUT only.')
  })

  test('of another installation is worth nothing', () => {
    const other = { ...ctx, signing: createSigningKeys('another secret for tests, 32 characters or more') }
    expect(() => check(signLink(other, LINK))).toThrow('not valid')
  })

  test('cannot be guessed at: no text passes that was not signed', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (query) => {
        expect(() => check(`https://robots.example.org${LINK.path}?${query}`)).toThrow('not valid')
      }),
    )
  })
})
