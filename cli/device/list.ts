import type { Device, DeviceGroup } from '../../sdk/wire.ts'
import { type Command, type Given, PLACE_FLAGS } from '../command.ts'
import { type Connection, connected } from '../connection.ts'
import { organizationPath, type Place, placeOf, projectPath } from '../context/place.ts'
import { oneOf } from '../episode/list.ts'
import { EXIT, Failure } from '../failure.ts'
import { formatOf, LIMIT_FLAG, limitOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeList } from '../output/write.ts'
import { pagesOf } from '../pages.ts'
import { clean } from '../print.ts'
import { deviceColumns } from './device.ts'

const STATUSES = ['online', 'offline', 'maintenance'] as const

export const deviceList: Command = {
  name: 'device list',
  summary: 'the devices of the project, by name',
  examples: [
    'robotrace device list --status offline',
    'robotrace device list --all-projects --output csv > fleet.csv',
  ],
  flags: [
    { name: 'status', value: 'status', choices: STATUSES, about: 'online, offline or maintenance' },
    { name: 'type', value: 'type', about: 'of this type' },
    { name: 'group', value: 'name', about: 'in this group: its name or id' },
    { name: 'text', value: 'text', about: 'whose name or serial number contains it' },
    { name: 'unconfirmed', about: 'only those that came from the robot of an episode' },
    { name: 'all-projects', about: 'of every project of the organization' },
    LIMIT_FLAG,
    ...PLACE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  run: async (host, given) => {
    const format = formatOf(host, given)
    const limit = limitOf(given)
    const filters = {
      status: oneOf(given, 'status', STATUSES),
      type: given.text('type'),
      text: given.text('text'),
      confirmed: given.flag('unconfirmed') ? false : undefined,
    }
    return connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const everywhere = given.flag('all-projects')
      const path = everywhere ? organizationPath(place, 'devices') : projectPath(place, 'devices')
      const group_id = await groupOf(given, connection, place)
      const items = pagesOf<Device>(connection.client(), path, { ...filters, group_id }, limit)
      const none = 'No devices. Register one: robotrace device register --name <name>'
      await writeList(host, format, { items, columns: deviceColumns(host.now()), id: ({ id }) => id, none })
      return EXIT.ok
    })
  },
}

async function groupOf(given: Given, connection: Connection, place: Place): Promise<string | undefined> {
  const meant = given.text('group')
  if (meant === undefined || meant.startsWith('grp_')) return meant
  const items = pagesOf<DeviceGroup>(connection.client(), projectPath(place, 'device-groups'))
  const groups: DeviceGroup[] = []
  for await (const group of items) groups.push(group)
  const group = groups.find(({ name }) => name === meant)
  if (group) return group.id
  const names = groups.map(({ name }) => clean(name)).join(', ')
  throw new Failure(`There is no group ${clean(meant)}.`, {
    hint: names ? `there are ${names}` : 'this project has no groups',
  })
}
