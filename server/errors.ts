import { isBusy, isOutOfSpace } from './db/errors.ts'
import { type Code, PROBLEMS } from './problems.ts'

export type { Code }

/** One field that is wrong: `path` as the caller wrote it (`metadata.pose.0`), `message` with the fix. */
export interface FieldError {
  path: string
  message: string
}

export interface ProblemExtra {
  errors?: FieldError[]
  /** Whole seconds; also sent as Retry-After. */
  retry_after?: number
  /** What the key would have to be allowed to do. */
  scope?: string
}

/** RFC 9457 body whose `detail`, `error` and `error_message` are the same sentence, for all three kinds of client. */
export interface Problem extends ProblemExtra {
  type: string
  title: string
  status: number
  detail: string
  instance: string
  code: Code
  error: string
  error_message: string
  request_id: string
}

/**
 * The one error class: a refusal with a public code and a public sentence. `detail` is shown to whoever asked; what is
 * private belongs into `cause`, which is logged and never answered.
 *
 * @example throw new AppError('not_found', 'No such episode.')
 */
export class AppError extends Error {
  readonly code: Code
  readonly detail: string
  readonly extra: ProblemExtra

  constructor(code: Code, detail?: string, extra: ProblemExtra = {}, options?: ErrorOptions) {
    super(detail ?? PROBLEMS[code].detail, options)
    this.name = 'AppError'
    this.code = code
    this.detail = detail ?? PROBLEMS[code].detail
    this.extra = extra
  }

  get status(): number {
    return PROBLEMS[this.code].status
  }
}

/** Anything thrown becomes an AppError; what is not one already is `internal` and keeps its cause for the log. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown
  const options = { cause: thrown }
  if (isOutOfSpace(thrown)) return new AppError('storage_full', undefined, {}, options)
  if (isBusy(thrown)) return new AppError('unavailable', undefined, { retry_after: 1 }, options)
  return new AppError('internal', undefined, {}, { cause: thrown })
}

/** The body that every refused request gets, whatever the door. */
export function toProblem(error: AppError, at: { instance: string; request_id: string }): Problem {
  const kind = PROBLEMS[error.code]
  return {
    type: `/docs/problems#${error.code.replaceAll('_', '-')}`,
    title: kind.title,
    status: kind.status,
    detail: error.detail,
    instance: at.instance,
    code: error.code,
    error: error.detail,
    error_message: error.detail,
    ...error.extra,
    request_id: at.request_id,
  }
}
