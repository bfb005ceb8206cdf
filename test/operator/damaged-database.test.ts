import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startTestServer } from '../harness.ts'
import { operator, scratchFolder } from '../operator-commands.ts'

const HARM = [
  ['is damaged', (whole: Buffer) => whole.fill(0xff, 4096, whole.length), /The database is damaged/],
  [
    'is no database',
    () => Buffer.from('not a database, but long enough to be taken for one'.repeat(100)),
    /The database is damaged/,
  ],
  ['is empty', () => Buffer.alloc(0), /The database is not one of RoboTrace/],
] as const

test.each(HARM)(
  'a database that %s is told in a sentence, with what to do, and a backup of it leaves nothing',
  async (_, harm, says) => {
    using scratch = scratchFolder()
    await using server = await startTestServer({}, { file: true, data: scratch.path })
    await server[Symbol.asyncDispose]()
    const file = join(scratch.path, 'robotrace.db')
    writeFileSync(file, harm(readFileSync(file)))
    using other = scratchFolder()
    const { status, host } = await operator(scratch.path, 'backup', '--to', other.in('backups'))
    expect(status).toBe(1)
    expect(host.stderr()).toMatch(says)
    expect(host.stderr()).toMatch(/Try: `robotrace doctor`.*`robotrace restore`/)
    const listed = await operator(scratch.path, 'backup', '--to', other.in('backups'), '--list')
    expect(listed.host.text()).toContain('No finished backups')
  },
)
