import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

/**
 * Members that never reach a log line, wherever they stand: the last net below code that does not log
 * secrets in the first place (security: key material never logs).
 */
const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  '"set-cookie"',
  '"x-robotrace-key"',
  '"x-api-key"',
  'password',
  'current_password',
  'new_password',
  'token',
  'key',
  'api_key',
  'secret',
  'device_code',
  'code_verifier',
]

/**
 * The process's log: one JSON line an event.
 *
 * @example const log = createLog('info', pino.destination(2))
 */
export function createLog(level: string, destination: DestinationStream): Log {
  const paths = SECRET_MEMBERS.flatMap((member) => {
    const bracketed = member.startsWith('"') ? `[${member}]` : `.${member}`
    return [member.startsWith('"') ? `[${member}]` : member, `*${bracketed}`, `*.*${bracketed}`]
  })
  return pino(
    {
      level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths, censor: '[redacted]' },
    },
    destination,
  )
}

/**
 * Standard error, written once a turn of the event loop: under load many lines share one system call, and none waits
 * longer than its turn. What is left when the process exits is written then; `log.flush()` writes it at once, before
 * something that takes long and ends no turn.
 */
export function standardError(): DestinationStream & { flush: (done?: () => void) => void } {
  const stderr = pino.destination({ dest: 2, sync: true })
  let lines = ''
  const flush = (): void => {
    if (lines === '') return
    const said = lines
    lines = ''
    stderr.write(said)
  }
  process.once('exit', flush)
  return {
    write(line) {
      if (lines === '') setImmediate(flush)
      lines += line
    },
    flush(done) {
      flush()
      done?.()
    },
  }
}
