import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { run } from '../../cli/run.ts'
import { saveProfile } from '../../sdk/host/write-credentials.ts'
import { DEFAULT_SCOPES } from '../../server/organizations/scopes.ts'
import { device as makeDevice, projectOf } from '../fleet-requests.ts'
import type { TestServer } from '../harness.ts'
import { personalKey } from '../personal-credentials.ts'
import { portalClient } from '../portal-client.ts'
import type { Person, Tenant } from '../seed.ts'
import { testHost } from './test-host.ts'

/**
 * A terminal session as a text file: `$ ` begins a command and what is expected of it follows; `[exit 4]` is
 * its status when not 0; `@ ` is what a person does in the browser, during a login and before anything
 * else; `#` after an empty line is a comment. What differs
 * from run to run stands in angle brackets: <url> <code> <time> <email> <home> <prefix> <short id> <uuid>
 * <organization> <episode>. `run x.ts` runs a script of this folder with no variable set.
 */
export interface Step {
  command: string
  actions: string[]
  expected: string
}

const FOLDER = new URL('./sessions/', import.meta.url)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** How `robotrace` starts as a process of its own. */
export const STARTERS = {
  node: `${process.execPath} ${ROOT}cli/bin.js`,
  deno: `${ROOT}node_modules/.bin/deno run -A --no-check --cached-only --config ${ROOT}deno.json ${ROOT}cli/main.ts`,
  bun: `${ROOT}node_modules/.bin/bun ${ROOT}cli/main.ts`,
} as const

export function sessionNames(): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.txt'))
    .map((name) => name.slice(0, -4))
}

export function readSession(name: string): Step[] {
  const steps: Step[] = []
  let above = ''
  for (const line of readFileSync(new URL(`${name}.txt`, FOLDER), 'utf8').split('\n')) {
    const last = steps.at(-1)
    const comment =
      line.startsWith('#') &&
      (above === '' || (above.startsWith('#') && !last?.expected.endsWith(`${above}\n`)))
    above = line
    if (comment) continue
    if (line.startsWith('$ ')) steps.push({ command: line.slice(2), actions: [], expected: '' })
    else if (line.startsWith('@ ')) last?.actions.push(line.slice(2))
    else if (last) last.expected += `${line}\n`
  }
  return steps.map((step) => ({ ...step, expected: `${step.expected.trim()}\n` }))
}

/** Where a session runs, and who is at the browser. */
export interface Place {
  server: TestServer
  tenant: Tenant
  home: string
  /** Undefined: in this process. */
  starter?: string
}

/** Runs one step and answers its output with the changing parts in angle brackets. */
export async function runStep(step: Step, place: Place): Promise<string> {
  const command = step.command
    .replaceAll('<url>', urlOf(place))
    .replaceAll('<home>', place.home)
    .replaceAll('<org>', await slugOf(place))
  const pending = [...step.actions]
  if (!/ login\b/.test(command)) await act(pending.splice(0), '', place, () => {})
  let acting: Promise<void> | undefined
  const watch = (text: string, stop: () => void): void => {
    const code = /Confirmation code: (\S+)[\s\S]*Waiting/.exec(text)?.[1]
    if (!code || acting || pending.length === 0) return
    acting = act(pending.splice(0), code, place, stop)
  }
  const output = place.starter
    ? await asProcess(command, place, watch)
    : await inProcess(command, place, watch)
  await acting
  return `${normalise(output, place).trim()}\n`
}

type Watch = (text: string, stop: () => void) => void

function environment({ home, server }: Place): Record<string, string> {
  return { PATH: process.env.PATH ?? '', HOME: home, ROBOTRACE_BASE_URL: urlOf({ server }) }
}

/** A script finds key and address in the file alone. */
function environmentOf(command: string, place: Place): Record<string, string> {
  const { ROBOTRACE_BASE_URL, ...bare } = environment(place)
  return command.startsWith('run ') ? bare : { ...bare, ROBOTRACE_BASE_URL: ROBOTRACE_BASE_URL ?? '' }
}

async function inProcess(command: string, place: Place, watch: Watch): Promise<string> {
  const words = command.split(' ')
  const at = words.findIndex((word) => word === 'robotrace' || word === 'rbtk')
  // What is not ours is the shell's, whoever runs the session; and so is what only a shell understands.
  if (at < 0 || /[|<>"'$]/.test(command)) return asProcess(command, place, watch)
  const set = Object.fromEntries(words.slice(0, at).map((word) => word.split('=')))
  const host = testHost({
    env: { ...environment(place), ...set },
    program: words[at] === 'rbtk' ? 'rbtk' : 'robotrace',
    cwd: place.home,
    on_write: (text, world) => watch(text, () => world.interrupt(130)),
  })
  const status = await run(words.slice(at + 1), host)
  return `${host.text()}${status === 0 ? '' : `[exit ${status}]\n`}`
}

function asProcess(command: string, place: Place, watch: Watch): Promise<string> {
  const starter = place.starter ?? STARTERS.node
  // tsx is found from here, not from the home the session runs in.
  const scripted = starter.replace(
    / \S+(?:bin|robotrace)\.js$/,
    ` --import ${ROOT}node_modules/tsx/dist/loader.mjs`,
  )
  const line = command
    .replace(
      /(^|\s)rbtk(\s|$)/,
      `$1exec ${starter.replace(/(?:bin|robotrace)\.js$/, 'rbtk.js').replace('main.ts', 'rbtk.ts')}$2`,
    )
    .replace(/(^|\s)robotrace(\s|$)/, `$1exec ${starter}$2`)
    .replace(/^run (\S+)$/, `exec ${scripted.replace(/ \S+main\.ts$/, '')} ${ROOT}test/cli/$1`)
  // `exec` takes no assignments before it; `env` does, and becomes the program as well.
  const script = line.replace(/^((?:\w+=\S* )+)exec /, 'exec env $1').replace(/\| exec /, '| ')
  const child = spawn('sh', ['-c', `exec 2>&1; ${script}`], {
    env: environmentOf(command, place),
    cwd: place.home,
  })
  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part
    watch(text, () => child.kill('SIGINT'))
  })
  return new Promise((resolve) => {
    child.on('close', (status) => resolve(`${text}${status === 0 ? '' : `[exit ${status}]\n`}`))
  })
}

async function act(actions: string[], code: string, place: Place, stop: () => void): Promise<void> {
  for (const action of actions) {
    const does = ACTIONS[action]
    if (!does) throw new Error(`nobody knows how to: @ ${action}`)
    await does(code, place, stop)
  }
}

const page = ({ server }: Place, who: Person) => portalClient(server, who).deviceLogin

const ACTIONS: Record<string, (user_code: string, place: Place, stop: () => void) => Promise<void>> = {
  'clicks Authorize': async (user_code, place) => {
    const { owner, organization_id } = place.tenant
    await page(place, owner).claim.mutate({ user_code })
    await page(place, owner).approve.mutate({ user_code, organization_id })
  },
  'clicks Refuse': async (user_code, place) => {
    await page(place, place.tenant.owner).claim.mutate({ user_code })
    await page(place, place.tenant.owner).refuse.mutate({ user_code })
  },
  'is signed in': (_, place) => signIn(place, DEFAULT_SCOPES),
  'is signed in with fleet:write and keys:manage': (_, place) =>
    signIn(place, `${DEFAULT_SCOPES} fleet:write keys:manage`),
  'saves a key with the scope admin as profile admin': (_, place) =>
    signIn(place, `${DEFAULT_SCOPES} admin`, 'admin'),
  'registers arm-7 and arm-8 in the portal': async (_, place) => {
    for (const name of ['arm-7', 'arm-8']) await makeDevice(place.server, place.tenant, name)
  },
  'makes an enrolment token in the portal, and saves it as token.txt': async (_, place) => {
    const { fleet } = portalClient(place.server, place.tenant.owner)
    const { token } = await fleet.makeEnrolmentToken.mutate({
      ...projectOf(place.tenant),
      label: 'cell',
      uses: 1,
    })
    writeFileSync(`${place.home}/token.txt`, token)
  },
  'waits ten minutes': async (_, { server }) => server.clock.advance('10m'),
  'presses Ctrl-C': async (_, _place, stop) => stop(),
  'revokes every key in the portal': async (_, { server }) => {
    const revoked_at = server.ctx.now().toISOString()
    await server.ctx.db.updateTable('api_keys').set({ revoked_at }).execute()
  },
}

/** A saved sign-in with a personal key, as a login leaves it behind. */
async function signIn({ server, tenant, home }: Place, scopes: string, profile = 'default'): Promise<void> {
  const { key } = await personalKey(server, tenant.owner, tenant.organization_id, 'laptop', { scopes })
  const path = `${home}/.robotrace/credentials`
  await saveProfile(profile, { api_key: key, base_url: urlOf({ server }) }, path)
}

/** The address the deployment gives itself. */
function urlOf({ server }: Pick<Place, 'server'>): string {
  return server.ctx.config.public_url
}

function normalise(text: string, place: Place): string {
  const { tenant, home } = place
  const id = tenant.organization_id
  return (
    text
      .replaceAll('\r\n', '\n')
      .replaceAll(urlOf(place), '<url>')
      .replaceAll(home, '<home>')
      .replaceAll(tenant.owner.email, '<email>')
      .replaceAll(`${id.slice(0, 6)}…-${id.slice(-4)}`, '<short id>')
      .replaceAll(id, '<uuid>')
      .replace(/Halcyon Robotics \(lab-\w+\)/g, '<organization>')
      .replace(/\b[B-Z2-9]{4}-[B-Z2-9]{4}\b/g, '<code>')
      .replace(/\blab-[0-9a-z]{8}\b/g, '<org>')
      .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z/g, '<time>')
      .replace(/(?:just now|\d+ s ago) {2,}/g, '<ago>  ')
      .replace(/just now|\d+ s ago/g, '<ago>')
      // Of a list of keys: when one was used, and how often.
      .replace(/(?:never|<ago>) +\d+ {2}(?=never|in )/g, '<use>  ')
      .replace(/in \d+\.\d s\b/g, 'in <seconds>')
      .replace(/\d+\.\d MB\/s/g, '<rate>')
      .replace(/\b(?:dev|acc|grp|ssh|prj)_[0-9a-z]{20}\b/g, (id) => `<${id.slice(0, 3)}>`)
      .replace(/\b[0-9a-f]{40}\b/g, '<commit>')
      .replace(/SHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:<fingerprint>')
      .replace(/\breq_[0-9a-z]{20}\b/g, '<request>')
      .replace(/\brt_[0-9a-z]{10}_\w{43}\b/g, '<key>')
      .replace(/\brt_[0-9a-z]{10}(?=_…|\b)/g, '<prefix>')
      .replace(/\bep_[0-9a-z]{20}\b/g, '<episode>')
  )
}

async function slugOf({ server, tenant }: Place): Promise<string> {
  const { slug } = await server.ctx.db
    .selectFrom('organizations')
    .select('slug')
    .where('id', '=', tenant.organization_id)
    .executeTakeFirstOrThrow()
  return slug
}
