/** One sort of problem (RFC 9457). */
interface ProblemKind {
  status: number
  title: string
  /** The sentence answered when the thrower gives none. */
  detail: string
  /** The tRPC error code that carries this problem. */
  trpc:
    | 'BAD_REQUEST'
    | 'UNAUTHORIZED'
    | 'FORBIDDEN'
    | 'NOT_FOUND'
    | 'CONFLICT'
    | 'TOO_MANY_REQUESTS'
    | 'PAYLOAD_TOO_LARGE'
    | 'METHOD_NOT_SUPPORTED'
    | 'UNSUPPORTED_MEDIA_TYPE'
    | 'SERVICE_UNAVAILABLE'
    | 'INTERNAL_SERVER_ERROR'
    | 'PRECONDITION_FAILED'
}

/**
 * The one table of problems. It drives the HTTP status, the tRPC code, the OpenAPI responses and the headings of
 * docs/problems.md.
 */
export const PROBLEMS = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    detail: 'The request is not valid.',
    trpc: 'BAD_REQUEST',
  },
  credentials_disagree: {
    status: 400,
    title: 'Two different credentials',
    detail: 'Two credential headers disagree. Send one of Authorization, X-RoboTrace-Key or X-API-Key.',
    trpc: 'BAD_REQUEST',
  },
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    detail: 'Could not validate credentials',
    trpc: 'UNAUTHORIZED',
  },
  second_factor_required: {
    status: 401,
    title: 'Second factor needed',
    detail: 'The password is right. This account also asks for a code of its authenticator.',
    trpc: 'UNAUTHORIZED',
  },
  wrong_password: {
    status: 401,
    title: 'Wrong e-mail or password',
    detail: 'The e-mail address or the password is wrong.',
    trpc: 'UNAUTHORIZED',
  },
  wrong_code: {
    status: 401,
    title: 'Wrong code',
    detail: 'The code is wrong, or was used already.',
    trpc: 'UNAUTHORIZED',
  },
  forbidden: { status: 403, title: 'Not allowed', detail: 'Not enough permissions', trpc: 'FORBIDDEN' },
  insufficient_scope: {
    status: 403,
    title: 'Scope missing',
    detail: 'This key may not do that.',
    trpc: 'FORBIDDEN',
  },
  second_factor_missing: {
    status: 403,
    title: 'Second factor missing',
    detail:
      'This organization requires a second factor. Set up an authenticator or a passkey in the portal under Settings; you are let in at once.',
    trpc: 'FORBIDDEN',
  },
  step_up_required: {
    status: 403,
    title: 'Confirm that it is you',
    detail: 'This needs your password or passkey again: the last time was more than two hours ago.',
    trpc: 'FORBIDDEN',
  },
  cross_site: {
    status: 403,
    title: 'Request from another site',
    detail: 'This request came from another site and was refused.',
    trpc: 'FORBIDDEN',
  },
  bad_signature: {
    status: 403,
    title: 'Link not valid',
    detail: 'This signed link is not valid or has expired. Ask for a new one.',
    trpc: 'FORBIDDEN',
  },
  not_found: { status: 404, title: 'Not found', detail: 'Nothing is here.', trpc: 'NOT_FOUND' },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    detail: 'This address does not answer that method.',
    trpc: 'METHOD_NOT_SUPPORTED',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    detail: 'The request does not fit the current state.',
    trpc: 'CONFLICT',
  },
  length_required: {
    status: 411,
    title: 'Length required',
    detail: 'Send a Content-Length header with the exact size in bytes.',
    trpc: 'BAD_REQUEST',
  },
  too_large: {
    status: 413,
    title: 'Too large',
    detail: 'The body is larger than this server accepts.',
    trpc: 'PAYLOAD_TOO_LARGE',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as application/json.',
    trpc: 'UNSUPPORTED_MEDIA_TYPE',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'Range not satisfiable',
    detail: 'The requested range lies outside of the artifact.',
    trpc: 'BAD_REQUEST',
  },
  unknown_host: {
    status: 421,
    title: 'Unknown host',
    detail: 'This server does not answer for that host name. Use the address set as PUBLIC_URL.',
    trpc: 'BAD_REQUEST',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    detail: 'Rate limit exceeded. Try again later.',
    trpc: 'TOO_MANY_REQUESTS',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    detail: 'Something went wrong on the server. The request id finds it in the log.',
    trpc: 'INTERNAL_SERVER_ERROR',
  },
  unavailable: {
    status: 503,
    title: 'Not available right now',
    detail: 'The server cannot do this right now. Try again shortly.',
    trpc: 'SERVICE_UNAVAILABLE',
  },
  storage_full: {
    status: 507,
    title: 'Storage full',
    detail: 'The server has no room for more data. Free disk space, then try again.',
    trpc: 'SERVICE_UNAVAILABLE',
  },
  quota_exceeded: {
    status: 507,
    title: 'Quota exceeded',
    detail: 'The organization stores as much as it may. Delete episodes, or ask for a larger quota.',
    trpc: 'SERVICE_UNAVAILABLE',
  },
} as const satisfies Record<string, ProblemKind>

export type Code = keyof typeof PROBLEMS
