import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import { z } from 'zod'
import type { Command } from '../../cli/command.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { say } from '../../cli/print.ts'
import type { Config } from '../config.ts'
import type { Environment } from '../environment.ts'
import { configOf, LISTENING_FLAGS } from './configuration.ts'
import { operate } from './operate.ts'

/** A server that takes longer to say that it is well is not. */
const PATIENCE_MS = 5_000

/** Listening there means: on every address, so that loopback is one of them. */
const ANY = new Map([
  ['0.0.0.0', '127.0.0.1'],
  ['::', '::1'],
])

/** Asks the server of this machine whether it can do its work: for containers and scripts, which need no curl then. */
export function health(environment: Environment): Command {
  return {
    name: 'health',
    summary: 'ask the server on this machine whether it is well; the exit status says it',
    examples: ['robotrace health', 'robotrace health --port 8080 --quiet'],
    flags: LISTENING_FLAGS,
    run: (host, given) => operate(() => askServer(host, configOf(environment, given).config)),
  }
}

async function askServer(host: Host, config: Config): Promise<number> {
  const answer = await ask(config)
  if (answer.status !== 200) throw new Failure(`The server is up and not well: ${reasonOf(answer)}`)
  if (!host.quiet) say(host, 'ready')
  return EXIT.ok
}

function ask(config: Config): Promise<{ status: number; body: string }> {
  const { host: address, port } = config
  const options: RequestOptions = {
    ...{ host: ANY.get(address) ?? address, port, path: '/readyz', timeout: PATIENCE_MS },
    // A name that every server answers to (server/http/known-host.ts).
    headers: { Host: 'localhost' },
  }
  return new Promise((resolve, reject) => {
    // Its certificate is for another name than this machine's loopback, and nothing secret is sent or believed.
    const sent = config.tls ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options)
    sent.once('timeout', () => sent.destroy(new Error(`no answer in ${PATIENCE_MS / 1000} seconds`)))
    sent.once('error', (cause) => reject(unreachable(config, cause)))
    sent.once('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject)
    })
    sent.end()
  })
}

function unreachable({ host, port }: Config, cause: Error): Failure {
  return new Failure(`No server answers on ${host} port ${port}: ${cause.message}`, {
    hint: 'start it with `robotrace serve`, or name the port it listens on with `--port`',
  })
}

const problem = z.object({ detail: z.string() })

function reasonOf({ status, body }: { status: number; body: string }): string {
  try {
    return problem.parse(JSON.parse(body)).detail
  } catch {
    return `it answered ${status}`
  }
}
