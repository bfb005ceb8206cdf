import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { RecordedAnswer } from '../http/openapi-answers.ts'
import { projectFile } from '../project.ts'

const recorded = z.record(z.string(), z.object({ type: z.string().nullable(), body: z.unknown() }))

/** What the examples were answered when test/every-example.test.ts last recorded them. */
export function readAnswers(): Record<string, RecordedAnswer> {
  const file = projectFile('docs/answers.json')
  return existsSync(file) ? recorded.parse(JSON.parse(readFileSync(file, 'utf8'))) : {}
}
