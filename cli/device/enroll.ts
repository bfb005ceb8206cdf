import { enrollDevice } from '../../sdk/enroll-device.ts'
import { AuthError } from '../../sdk/errors.ts'
import { checkWritable, saveProfile } from '../../sdk/host/write-credentials.ts'
import { enrolmentTokenProblem } from '../../sdk/key-format.ts'
import type { EnrollDevice, EnrolledDevice } from '../../sdk/wire.ts'
import type { Command, Given } from '../command.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem } from '../output/write.ts'
import { clean, done, warn } from '../print.ts'
import { readGivenFile } from '../read-file.ts'
import { addressOf, profileFlag, type Saved, savedProfile, warnPlainHttp } from '../saved.ts'
import { deviceColumns } from './device.ts'
import { forgetNonce, keptNonce } from './enrolment-file.ts'

const VARIABLE = 'ROBOTRACE_ENROLMENT_TOKEN'

export const deviceEnroll: Command = {
  name: 'device enroll',
  summary: 'swap an enrolment token for a key of this machine’s own, and save it',
  examples: [
    'robotrace device enroll --token-file /run/secrets/enrolment --base-url https://robotrace.example.org',
    'robotrace device enroll --name arm-7 < token.txt',
  ],
  flags: [
    { name: 'token-file', value: 'file', about: `the token (default: ${VARIABLE}, else standard input)` },
    { name: 'name', value: 'name', about: 'how the device is called (default: this machine’s name)' },
    { name: 'dsn', value: 'serial', about: 'its serial number' },
    { name: 'type', value: 'type', about: 'what sort of robot, unless the token says' },
    { name: 'base-url', value: 'url', about: 'the deployment (default: ROBOTRACE_BASE_URL)' },
    { name: 'profile', value: 'name', about: 'save under this name (default: "default")' },
    { name: 'force', about: 'replace the key that is saved under this name' },
    ...OUTPUT_FLAGS,
  ],
  run: enroll,
}

async function enroll(host: Host, given: Given): Promise<number> {
  const format = formatOf(host, given)
  const saved = savedProfile(host, given)
  refuseReplacing(given, saved)
  const base_url = addressFor(host, given, saved)
  const name = nameFor(host, given)
  const token = await tokenOf(host, given)
  warnPlainHttp(host, base_url)
  // Before the token is spent: a key that cannot be saved would be lost.
  await checkWritable(saved.path)
  const nonce = await keptNonce(saved, { base_url, name, token_id: token.slice(4, 14) })
  const body: EnrollDevice = { name, dsn: given.text('dsn'), type: given.text('type'), nonce }
  const { api_key, client_id, device } = await ask(host, { base_url, token, body })
  await saveProfile(
    saved.name,
    { api_key, base_url, client_id, written_at: `${new Date(host.now()).toISOString().slice(0, 19)}Z` },
    saved.path,
    saved.short_path,
  )
  await forgetNonce(saved)
  done(host, `Enrolled ${clean(device.name)} in ${clean(device.organization)}/${clean(device.project)}.`)
  done(
    host,
    `Its key is in ${saved.short_path} (profile: ${saved.name}). Say that it is there: robotrace device heartbeat --every 30s${profileFlag(saved.name)}`,
  )
  if (host.env('ROBOTRACE_API_KEY'))
    warn(host, 'ROBOTRACE_API_KEY is set, and wins over the saved key until you remove it.')
  if (format !== 'table' || given.text('output') === 'table') {
    const facts: [string, string][] = [
      ['Device', device.name],
      ['Id', device.id],
      ['Place', `${device.organization}/${device.project}`],
    ]
    writeItem(host, format, { item: device, facts, columns: deviceColumns(host.now()), id: device.id })
  }
  return EXIT.ok
}

function refuseReplacing(given: Given, saved: Saved): void {
  if (saved.profile?.api_key === undefined || given.flag('force')) return
  throw new Failure(`Profile '${saved.name}' holds a key already.`, {
    hint: '`--force` replaces it, `--profile arm` saves under another name',
    status: EXIT.usage,
  })
}

function addressFor(host: Host, given: Given, { profile }: Saved): string {
  const flag = given.text('base-url')
  if (flag !== undefined) return addressOf(flag, '--base-url')
  const variable = host.env('ROBOTRACE_BASE_URL')
  if (variable !== undefined) return addressOf(variable, 'ROBOTRACE_BASE_URL')
  if (profile?.base_url) return addressOf(profile.base_url, "The profile's base_url")
  throw new Failure('No deployment address.', {
    hint: '`--base-url https://robotrace.example.org`, or set ROBOTRACE_BASE_URL',
    status: EXIT.usage,
  })
}

function nameFor(host: Host, given: Given): string {
  const name = given.text('name') ?? host.hostname ?? undefined
  if (name !== undefined && /^[\w.-]{1,64}$/.test(name)) return name
  throw new Failure('A device is called by 1 to 64 letters, digits, dots, _ and -.', {
    hint: '`--name arm-7`',
    status: EXIT.usage,
  })
}

/** Never from the command line, where every process of the machine could read it. */
async function tokenOf(host: Host, given: Given): Promise<string> {
  const file = given.text('token-file')
  const text =
    file !== undefined && file !== '-'
      ? readGivenFile(host, file, '--token-file token.txt')
      : ((file === undefined ? host.env(VARIABLE) : undefined) ?? (await host.readInput?.()))
  const token = text?.trim() ?? ''
  const problem = token === '' ? 'is missing' : enrolmentTokenProblem(token)
  if (problem === undefined) return token
  throw new Failure(`The enrolment token ${problem}.`, {
    hint: `\`--token-file token.txt\`, or set ${VARIABLE}; tokens are made in the portal → Devices`,
    status: EXIT.usage,
  })
}

async function ask(
  host: Host,
  { base_url, token, body }: { base_url: string; token: string; body: EnrollDevice },
): Promise<EnrolledDevice> {
  const { name, dsn, type, nonce } = body
  const more = { dsn: dsn ?? undefined, type: type ?? undefined, nonce, user_agent: host.user_agent }
  try {
    return await enrollDevice({ token, base_url, name, ...more })
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    throw new Failure(
      'The server does not accept this token: it is used up, expired, revoked, or never was.',
      {
        hint: 'make another one in the portal → Devices → Enrol',
        reason: 'unauthenticated',
      },
    )
  }
}
