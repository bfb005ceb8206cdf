import { checkWritable, profileNameProblem } from '../../sdk/host/write-credentials.ts'
import type { DeviceDetail } from '../../sdk/wire.ts'
import { type Command, type Given, PLACE_FLAGS } from '../command.ts'
import { type Connection, connected } from '../connection.ts'
import { type Place, placeOf, projectPath } from '../context/place.ts'
import { EXIT, Failure } from '../failure.ts'
import type { Host } from '../host.ts'
import { span } from '../words.ts'
import { keysPath, type MintedKey } from './key.ts'
import { REVEAL_FLAGS, reveal } from './reveal.ts'

export const keysMint: Command = {
  name: 'keys mint',
  summary: 'make an API key; its text is shown once, alone on standard output',
  examples: [
    'robotrace keys mint ci --scope episodes:write --expires 90d',
    'robotrace keys mint "arm 7" --device arm-7 --save arm-7',
  ],
  argument: { name: 'label', about: 'how you will tell it from others' },
  flags: [
    {
      name: 'scope',
      value: 'scope',
      many: true,
      about: 'what it may do (default: log and read); repeatable',
    },
    {
      name: 'expires',
      value: 'when',
      about: '90d, 12h, a time, or never (default: as long as the organization allows)',
    },
    {
      name: 'kind',
      value: 'kind',
      choices: ['service', 'personal'],
      about: 'service: of the organization; personal: never more than your role',
    },
    { name: 'device', value: 'name', about: 'good for this device of the project alone' },
    { name: 'only-project', about: 'good for the project alone' },
    { name: 'note', value: 'text', about: 'what it is for' },
    ...REVEAL_FLAGS,
    ...PLACE_FLAGS,
  ],
  run: mint,
}

async function mint(host: Host, given: Given): Promise<number> {
  const expires_at = endOf(host, given)
  const save = given.text('save')
  const problem = save === undefined ? undefined : profileNameProblem(save)
  if (problem) throw new Failure(problem, { hint: '`--save arm-7`', status: EXIT.usage })
  return connected(host, given, async (connection) => {
    // Before there is a key: one that cannot be saved would be lost.
    if (save !== undefined) await checkWritable(connection.saved.path)
    const place = await placeOf(host, given, connection)
    const body = {
      label: given.argument,
      note: given.text('note'),
      scopes: given.list('scope').length > 0 ? given.list('scope') : undefined,
      kind: given.text('kind'),
      expires_at,
      ...(await pinOf(given, connection, place)),
    }
    const minted = await connection.client().request<MintedKey>('POST', keysPath(place), { body })
    const client_id = (await connection.who())?.client_id ?? undefined
    await reveal(host, given, connection, { minted, how: 'Minted', client_id })
    return EXIT.ok
  })
}

/** @returns undefined: as long as the organization allows; null: until it is revoked */
function endOf(host: Host, given: Given): string | null | undefined {
  const text = given.text('expires')
  if (text === undefined) return undefined
  if (text === 'never') return null
  const ms = span(text)
  const at = ms === undefined ? Date.parse(text) : host.now() + ms
  if (Number.isFinite(at)) return new Date(at).toISOString()
  throw new Failure('--expires takes a span, a time, or never.', {
    hint: '`--expires 90d`',
    status: EXIT.usage,
  })
}

async function pinOf(
  given: Given,
  connection: Connection,
  place: Place,
): Promise<{ device_id?: string; project_id?: string }> {
  const device = given.text('device')
  if (device !== undefined) {
    const { id } = await connection
      .client()
      .request<DeviceDetail>('GET', projectPath(place, 'devices', device))
    return { device_id: id }
  }
  if (!given.flag('only-project')) return {}
  const { id } = await connection.client().request<{ id: string }>('GET', projectPath(place))
  return { project_id: id }
}
