import type { CreateDevice, Device } from '../../sdk/wire.ts'
import { type Command, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { placeOf, projectPath } from '../context/place.ts'
import { EXIT, Failure } from '../failure.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem } from '../output/write.ts'
import { clean, done } from '../print.ts'
import { deviceColumns, deviceFacts } from './device.ts'

export const deviceRegister: Command = {
  name: 'device register',
  summary: 'make a device known before it has ever been online',
  examples: [
    'robotrace device register --name arm-7 --type arm --environment production',
    'robotrace device register --name arm-7 --dsn UR5E-0042 --project warehouse',
  ],
  flags: [
    { name: 'name', value: 'name', about: 'letters, digits, dots, _ and -; unique in the project' },
    { name: 'dsn', value: 'serial', about: 'its serial number' },
    { name: 'type', value: 'type', about: 'what sort of robot, such as arm' },
    { name: 'environment', value: 'name', about: 'where it works, such as production' },
    ...PLACE_FLAGS,
    ...OUTPUT_FLAGS,
  ],
  run: async (host, given) => {
    const format = formatOf(host, given)
    const name = given.text('name')
    if (name === undefined) {
      throw new Failure('--name is missing.', {
        hint: '`robotrace device register --name arm-7`',
        status: EXIT.usage,
      })
    }
    const body: CreateDevice = {
      name,
      dsn: given.text('dsn'),
      type: given.text('type'),
      environment: given.text('environment'),
    }
    return connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const path = projectPath(place, 'devices', 'register-offline')
      const item = await connection.client().request<Device>('POST', path, { body })
      done(host, `Registered ${clean(item.name)} in ${clean(item.organization)}/${clean(item.project)}.`)
      const now = host.now()
      writeItem(host, format, {
        item,
        facts: deviceFacts(item, now),
        columns: deviceColumns(now),
        id: item.id,
      })
      return EXIT.ok
    })
  },
}
