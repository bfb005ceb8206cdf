import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { SECTIONS } from '../server/doors.ts'
import { openApi } from '../server/http/openapi.ts'
import { VERSION } from '../server/project.ts'
import { readAnswers } from '../server/reference/answers.ts'

/**
 * Makes docs/openapi.json from the door declarations and the answers that test/every-example.test.ts recorded.
 *
 *   npx tsx scripts/openapi.ts           writes the file
 *   npx tsx scripts/openapi.ts --check   exits 1 when it is stale
 */
const TARGET = new URL('../docs/openapi.json', import.meta.url)
const made = `${JSON.stringify(openApi(SECTIONS, { version: VERSION, answers: readAnswers() }), null, 2)}\n`
if (process.argv.includes('--check')) {
  if (!existsSync(TARGET) || readFileSync(TARGET, 'utf8') !== made) {
    console.error('Error: docs/openapi.json is stale.\nTry: npm run gen')
    process.exitCode = 1
  }
} else {
  writeFileSync(TARGET, made)
}
