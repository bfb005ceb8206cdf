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
  return { path: issue.path.map(String).join('.'), message: issue.message }
}
