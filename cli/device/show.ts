import type { DeviceDetail } from '../../sdk/wire.ts'
import { type Command, PLACE_FLAGS } from '../command.ts'
import { connected } from '../connection.ts'
import { placeOf, projectPath } from '../context/place.ts'
import { EXIT } from '../failure.ts'
import { formatOf, OUTPUT_FLAGS } from '../output/format.ts'
import { writeItem } from '../output/write.ts'
import { deviceColumns, deviceFacts } from './device.ts'

export const deviceShow: Command = {
  name: 'device show',
  summary: 'everything about one device',
  examples: ['robotrace device show arm-7', 'robotrace device show arm-7 --json | jq .metrics'],
  argument: { name: 'device', about: 'its name or id' },
  flags: [...PLACE_FLAGS, ...OUTPUT_FLAGS],
  run: async (host, given) => {
    const format = formatOf(host, given)
    return connected(host, given, async (connection) => {
      const place = await placeOf(host, given, connection)
      const path = projectPath(place, 'devices', given.argument ?? '')
      const item = await connection.client().request<DeviceDetail>('GET', path)
      const now = host.now()
      writeItem<DeviceDetail>(host, format, {
        item,
        facts: deviceFacts(item, now),
        columns: deviceColumns(now),
        id: item.id,
      })
      return EXIT.ok
    })
  },
}
