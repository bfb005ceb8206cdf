import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import type { Command, Given } from '../../cli/command.ts'
import { confirm, YES_FLAG } from '../../cli/confirm.ts'
import { EXIT, Failure } from '../../cli/failure.ts'
import type { Host } from '../../cli/host.ts'
import { done, say } from '../../cli/print.ts'
import { operate } from './operate.ts'
import { changedLines, type ServiceFacts, unitText } from './service-unit.ts'
import { type Machine, ROOT_FLAG, requireRoot, THIS_MACHINE, UNIT, VARIABLES } from './systemd.ts'

/** systemd hides these from the service, so that a program in them cannot be started. */
const HIDDEN = /^\/(?:home|root|run\/user|tmp|var\/tmp)\//

/** What a new robotrace.env says. */
const VARIABLES_TEXT = `# Variables of the RoboTrace service; systemd reads them as root. All of them: docs/deploying.md and .env.example.
# Afterwards: systemctl restart robotrace
#PUBLIC_URL=https://robotrace.example.org
#ROBOTRACE_TRUSTED_PROXIES=127.0.0.1/32
#ROBOTRACE_BACKUP_TO=/var/lib/robotrace-backups
`

/** Makes the server a service of this machine, which starts with it. */
export function serviceInstall(machine: Machine = THIS_MACHINE): Command {
  return {
    name: 'service install',
    summary: 'write a hardened systemd unit, so that the server starts with this machine',
    examples: ['sudo robotrace service install --start', 'robotrace service install --print'],
    flags: [
      { name: 'print', about: 'show the unit and write nothing' },
      { name: 'start', about: 'start it now, and with every start of the machine' },
      { name: 'user', value: 'name', about: 'run as this account (default: one that systemd makes for it)' },
      { name: 'port', value: 'number', about: 'listen on this port; one below 1024 gets the right to' },
      { name: 'tls-cert', value: 'file', about: 'speak TLS with this certificate (PEM), readable by root' },
      { name: 'tls-key', value: 'file', about: 'and with this key' },
      ROOT_FLAG,
      YES_FLAG,
    ],
    run: (host, given) => operate(() => installService(host, given, machine)),
  }
}

async function installService(host: Host, given: Given, machine: Machine): Promise<number> {
  const program = machine.program()
  const text = unitText(factsOf(given, program))
  if (given.flag('print')) {
    say(host, text.trimEnd())
    return EXIT.ok
  }
  const root = given.text('root') ?? '/'
  if (root === '/') requireFit(program, machine)
  const changed = await writeUnit(host, given, join(root, UNIT), text)
  writeVariables(host, join(root, VARIABLES))
  if (given.flag('start')) start(host, root, machine)
  else sayNext(host, changed)
  return EXIT.ok
}

/** Whether what is written could be written and would start. @throws Failure */
function requireFit(program: readonly string[], machine: Machine): void {
  const hidden = program.find((path) => HIDDEN.test(path))
  if (hidden !== undefined) {
    throw new Failure(
      `The service would not see ${hidden}: home folders and temporary ones are hidden from it.`,
      {
        hint: 'put the program where everybody may read it, such as /usr/local/bin/robotrace, and call it there',
      },
    )
  }
  requireRoot(machine, 'install')
}

/** Once: what stands in it later is the operator's. */
function writeVariables(host: Host, file: string): void {
  if (existsSync(file)) return
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  writeFileSync(file, VARIABLES_TEXT, { mode: 0o600 })
  done(host, `Wrote ${file}, for PUBLIC_URL and the like.`)
}

/** @returns whether there is something new for systemd to read */
async function writeUnit(host: Host, given: Given, file: string, text: string): Promise<boolean> {
  const there = existsSync(file) ? readFileSync(file, 'utf8') : undefined
  if (there === text) {
    done(host, `${file} is up to date.`)
    return false
  }
  if (there !== undefined) {
    const changes = changedLines(there, text)
    for (const line of changes) host.err.write(`  ${line}\n`)
    const facts = `${file} is there and says something else: above, what goes (-) and what comes (+).`
    await confirm(host, given, { facts, question: 'Replace it?' })
  }
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 })
  // Everybody may read a unit; there is no secret in it.
  writeFileSync(file, text)
  chmodSync(file, 0o644)
  done(host, `Wrote ${file}.`)
  return true
}

function sayNext(host: Host, changed: boolean): void {
  if (host.quiet) return
  const commands = [
    ...(changed ? ['systemctl daemon-reload'] : []),
    'systemctl enable --now robotrace',
    'journalctl -u robotrace -n 20   # the link for the first account',
  ]
  say(host, `Next:\n${commands.map((line) => `  ${line}`).join('\n')}`)
}

function start(host: Host, root: string, { systemctl }: Machine): void {
  if (root !== '/' || systemctl === undefined) {
    throw new Failure('systemd is not what runs this machine, so nothing was started.', {
      hint: 'once it is: systemctl daemon-reload, then systemctl enable --now robotrace',
    })
  }
  try {
    for (const args of [['daemon-reload'], ['enable', 'robotrace'], ['restart', 'robotrace']]) systemctl(args)
  } catch {
    throw new Failure('systemctl could not start it.', { hint: 'journalctl -u robotrace -n 50' })
  }
  done(host, 'Started. The link for the first account: journalctl -u robotrace -n 20')
}

function factsOf(given: Given, program: readonly string[]): ServiceFacts {
  const [cert, key] = [fileOf(given, 'tls-cert'), fileOf(given, 'tls-key')]
  if ((cert === undefined) !== (key === undefined)) {
    throw new Failure('A certificate and its key belong together.', {
      hint: 'give both --tls-cert and --tls-key',
      status: EXIT.usage,
    })
  }
  return {
    program,
    user: userOf(given),
    port: portOf(given),
    tls: cert === undefined || key === undefined ? undefined : { cert, key },
  }
}

function userOf(given: Given): string | undefined {
  const user = given.text('user')
  if (user === undefined || (user !== 'nobody' && /^[a-z_][a-z0-9_-]{0,30}$/.test(user))) return user
  throw new Failure(`--user: ${user} is not the name of an account to run services.`, { status: EXIT.usage })
}

function portOf(given: Given): number | undefined {
  const text = given.text('port')
  if (text === undefined) return undefined
  const port = Number(text)
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new Failure(`--port: ${text} is not a port.`, {
    hint: 'a number from 1 to 65535',
    status: EXIT.usage,
  })
}

function fileOf(given: Given, name: string): string | undefined {
  const path = given.text(name)
  if (path === undefined || (isAbsolute(path) && !/\s/.test(path))) return path
  throw new Failure(`--${name}: systemd wants the absolute path of a file, without blanks.`, {
    status: EXIT.usage,
  })
}
