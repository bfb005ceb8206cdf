import { describe, expect, test } from 'vitest'
import { isReachable } from '../../server/webhooks/addresses.ts'
import { urlProblem } from '../../server/webhooks/receiver-url.ts'

describe('(59) a webhook reaches public addresses only', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.5',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '192.0.0.8',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.1',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fc00::1',
    'fd12:3456::1',
    'fd00:ec2::254',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:169.254.169.254',
    '::127.0.0.1',
    '::ffff:0:127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '2001:db8::1',
    '3fff::1',
    '5f00::1',
    '100::1',
    'not an address',
    '',
  ])('not %s', (address) => {
    expect(isReachable(address, [])).toBe(false)
  })

  test.each(['1.1.1.1', '93.184.215.14', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450::1'])(
    'but %s',
    (address) => {
      expect(isReachable(address, [])).toBe(true)
    },
  )

  test('and the networks that the operator has named, in every way of writing an address', () => {
    expect(isReachable('10.1.2.3', ['10.1.0.0/16'])).toBe(true)
    expect(isReachable('::ffff:10.1.2.3', ['10.1.0.0/16'])).toBe(true)
    expect(isReachable('10.2.2.3', ['10.1.0.0/16', '192.168.0.4'])).toBe(false)
    expect(isReachable('192.168.0.4', ['10.1.0.0/16', '192.168.0.4'])).toBe(true)
    expect(isReachable('fd00:1::7', ['fd00:1::/32'])).toBe(true)
    expect(isReachable('fd00:2::7', ['fd00:1::/32', '10.0.0.0/8'])).toBe(false)
  })
})

describe('(59) the address of a receiver', () => {
  test.each([
    ['http://hooks.example.com/', /^must begin with https/],
    ['ftp://hooks.example.com/', /^must begin with https/],
    ['hooks.example.com', /^must be an address such as https/],
    ['https://', /^must be an address such as https/],
    ['javascript:alert(1)', /^must begin with https/],
    ['https://user:pass@hooks.example.com/', /^must not carry a user or password/],
    ['https://user@hooks.example.com/', /^must not carry a user or password/],
    ['https://hooks.example.com:22/', /^must use port 443, or one from 1024 up/],
    ['https://hooks.example.com:0/', /^must use port 443/],
    ['https://169.254.169.254/latest/meta-data', /not public/],
    ['https://[::ffff:7f00:1]/', /not public/],
    ['https://[::1]/', /not public/],
    ['https://0x7f.1/', /not public/],
    ['https://0177.0.0.1/', /not public/],
    ['https://2130706433/', /not public/],
    ['https://127.1:8443/', /not public/],
    ['https://0/', /not public/],
    ['https://１２７.0.0.1/', /not public/],
    ['https://localhost/', /^must not be localhost.*127\.0\.0\.1 in ROBOTRACE_WEBHOOK_NETWORKS$/],
    ['https://LOCALHOST.:8443/hook', /^must not be localhost/],
    ['https://hooks.localhost/', /^must not be localhost/],
    ['https://printer.local/', /^must not end in \.local: .*ROBOTRACE_WEBHOOK_NETWORKS$/],
    ['https://metadata.google.internal/', /^must not end in \.internal: /],
    ['https://nas.home.arpa/', /^must not end in \.home\.arpa: /],
    ['https://hooks.test./', /^must not end in \.test: /],
    ['https://gitlab/', /^must have a dot in its name: .*ROBOTRACE_WEBHOOK_NETWORKS$/],
    ['https://hooks.invalid/', /^must not end in \.invalid: such names never lead anywhere$/],
    ['https://abcdef.onion/', /^must not end in \.onion: /],
    ['https://hooks.example/', /^must not end in \.example: /],
  ])('%s is refused with what to do', (url, why) => {
    expect(urlProblem(url, [])).toMatch(why)
  })

  test.each([
    'https://hooks.example.com/robotrace',
    'https://hooks.example.com:8443/a?b=c',
    'https://1.1.1.1/',
    'https://localhost.example.com/',
    'https://my-local.dev/',
  ])('%s is taken', (url) => {
    expect(urlProblem(url, [])).toBeUndefined()
  })

  test('a name that is good inside a network is taken as soon as the operator has named one', () => {
    for (const url of ['https://gitlab/', 'https://printer.local/', 'https://hooks.test:8443/'])
      expect(urlProblem(url, ['10.1.0.0/16'])).toBeUndefined()
    expect(urlProblem('https://localhost:8443/', ['10.1.0.0/16'])).toMatch(/^must not be localhost/)
    for (const own of ['127.0.0.1', '127.0.0.0/8', '::1'])
      expect(urlProblem('https://localhost:8443/', [own])).toBeUndefined()
    expect(urlProblem('https://hooks.invalid/', ['10.1.0.0/16'])).toMatch(/never lead anywhere/)
  })

  test('a network of the operator is taken, and the fix is named where it is not', () => {
    expect(urlProblem('https://10.1.2.3/', ['10.1.0.0/16'])).toBeUndefined()
    expect(urlProblem('https://10.2.2.3/', ['10.1.0.0/16'])).toContain('ROBOTRACE_WEBHOOK_NETWORKS')
  })
})
