import { z } from 'zod'
import type { RecordedAnswer } from '../http/openapi-answers.ts'
import { hasProjectFile, projectText } from '../project.ts'

const FILE = 'docs/answers.json'
const recorded = z.record(z.string(), z.object({ type: z.string().nullable(), body: z.unknown() }))

/** What the examples were answered when test/every-example.test.ts last recorded them. */
export function readAnswers(): Record<string, RecordedAnswer> {
  return hasProjectFile(FILE) ? recorded.parse(JSON.parse(projectText(FILE))) : {}
}
