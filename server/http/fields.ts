import type { z } from 'zod'
import { AppError, type FieldError } from '../errors.ts'

/** A zod issue as one line, `path: message`, with the path as the caller wrote it. */
export function describeIssue(issue: z.core.$ZodIssue): string {
  const { path, message } = toFieldError(issue)
  return path ? `${path}: ${message}` : message
}

/**
 * What a door throws when an input does not fit: 400 whose sentence names the first field.
 *
 * @example throw invalidInput(parsed.error) // "name: must have at most 200 characters"
 */
export function invalidInput(error: z.ZodError): AppError {
  const errors = error.issues.map(toFieldError)
  const first = errors[0]
  const detail = first ? (first.path ? `${first.path}: ${first.message}` : first.message) : undefined
  return new AppError('invalid_request', detail, { errors })
}

function toFieldError(issue: z.core.$ZodIssue): FieldError {
  return { path: issue.path.map(String).join('.'), message: inWords(issue) }
}

/** The schema's own sentence where it has one; zod's for wrong types and choices speaks of its innards. */
function inWords(issue: z.core.$ZodIssue): string {
  if (!issue.message.startsWith('Invalid')) return issue.message
  if (issue.code === 'invalid_value') return `must be ${issue.values.map(String).join(' or ')}`
  if (issue.code === 'invalid_type') return `must be ${NAMES[issue.expected] ?? `a ${issue.expected}`}`
  return issue.message
}

const NAMES: Record<string, string> = {
  string: 'a text, given once',
  number: 'a number',
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  bigint: 'a whole number',
}
