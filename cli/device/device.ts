import type { Device, DeviceDetail } from '../../sdk/wire.ts'
import type { Column } from '../output/column.ts'
import { ago, size } from '../words.ts'

/** @param now for the relative times of a table */
export function deviceColumns(now: number): readonly Column<Device>[] {
  const look = { online: 'good', offline: 'dim', maintenance: 'bold' } as const
  return [
    { name: 'id', value: ({ id }) => id },
    { name: 'name', heading: 'NAME', value: ({ name }) => name, elastic: true },
    { name: 'status', heading: 'STATUS', value: ({ status }) => status, look: ({ status }) => look[status] },
    {
      name: 'last_heartbeat',
      heading: 'HEARTBEAT',
      value: (one) => one.last_heartbeat,
      shown: (one) => ago(one.last_heartbeat, now),
    },
    { name: 'type', heading: 'TYPE', value: ({ type }) => type, elastic: true, drop: 2 },
    { name: 'environment', heading: 'ENVIRONMENT', value: (one) => one.environment, elastic: true, drop: 3 },
    { name: 'groups', heading: 'GROUPS', value: groupsOf, elastic: true, drop: 4 },
    {
      name: 'cpu_usage',
      heading: 'CPU',
      value: ({ metrics }) => metrics.cpu_usage,
      shown: ({ metrics }) => percent(metrics.cpu_usage),
      right: true,
      drop: 7,
    },
    {
      name: 'memory_usage',
      heading: 'MEM',
      value: ({ metrics }) => metrics.memory_usage,
      shown: ({ metrics }) => percent(metrics.memory_usage),
      right: true,
      drop: 7,
    },
    {
      name: 'disk_usage',
      heading: 'DISK',
      value: ({ metrics }) => metrics.disk_usage,
      shown: ({ metrics }) => percent(metrics.disk_usage),
      right: true,
      drop: 5,
    },
    {
      name: 'backlog_episodes',
      heading: 'BACKLOG',
      value: ({ metrics }) => metrics.backlog_episodes,
      right: true,
      drop: 6,
    },
    { name: 'clock_offset_ms', value: ({ metrics }) => metrics.clock_offset_ms },
    { name: 'sdk_version', value: (one) => one.sdk_version },
    { name: 'dsn', value: ({ dsn }) => dsn },
    { name: 'confirmed', value: ({ confirmed }) => confirmed },
    { name: 'organization', value: ({ organization }) => organization },
    { name: 'project', value: ({ project }) => project },
    { name: 'created_at', value: (one) => one.created_at },
  ]
}

/** What making a device answers has nothing of what only time brings. */
type Known = Device & Partial<DeviceDetail>

/** What a device is and how it is, for people. */
export function deviceFacts(one: Known, now: number): [label: string, value: string][] {
  const { metrics } = one
  const facts: [string, string | null][] = [
    ['Device', one.name],
    ['Id', one.id],
    [
      'Status',
      one.confirmed ? one.status : `${one.status}, not confirmed: it came from the robot of an episode`,
    ],
    [
      'Heartbeat',
      one.last_heartbeat === null ? 'never' : `${one.last_heartbeat} (${ago(one.last_heartbeat, now)})`,
    ],
    ['Place', `${one.organization}/${one.project}`],
    ['Serial', one.dsn],
    ['Type', one.type],
    ['Environment', one.environment],
    ['Groups', groupsOf(one) || null],
    ['Software', one.package_name ?? one.package_id ?? null],
    ['SDK', one.sdk_version],
    ['CPU', percent(metrics.cpu_usage) || null],
    ['Memory', percent(metrics.memory_usage) || null],
    ['Disk', percent(metrics.disk_usage) || null],
    ['Clock', metrics.clock_offset_ms === null ? null : `${metrics.clock_offset_ms} ms off the server's`],
    ['Backlog', backlogOf(metrics)],
    ['Recording', one.current_session_id ?? null],
    ['Also called', one.robot_names?.join(', ') || null],
    ['SSH keys', one.ssh_key_count === 0 ? 'none may log in' : String(one.ssh_key_count)],
    ['Registered', `${one.created_at} (${ago(one.created_at, now)})`],
  ]
  return facts.filter((fact): fact is [string, string] => fact[1] !== null)
}

function groupsOf({ groups }: Device): string {
  return groups.map(({ name }) => name).join(', ')
}

function percent(value: number | null): string {
  return value === null ? '' : `${Math.round(value)} %`
}

function backlogOf({ backlog_episodes, backlog_bytes }: Device['metrics']): string | null {
  if (backlog_episodes === null) return null
  const bytes = backlog_bytes === null ? '' : ` (${size(backlog_bytes)})`
  return `${backlog_episodes} episodes wait to be uploaded${bytes}`
}
