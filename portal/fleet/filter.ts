import type { DeviceStatus } from '../../sdk/wire.ts'

/** What the table is narrowed to, exactly as the address bar spells it. */
export interface DeviceFilter {
  status?: DeviceStatus
  type?: string
  /** `grp_…`. */
  group?: string
  /** Within the name or the DSN. */
  text?: string
  /** Those that nobody has confirmed yet. */
  unconfirmed?: '1'
}

export const FILTER_NAMES = ['status', 'type', 'group', 'text', 'unconfirmed'] as const
export type FilterName = (typeof FILTER_NAMES)[number]

export const STATUSES: readonly DeviceStatus[] = ['online', 'offline', 'maintenance']

/** The filter in a query string; members it does not know, or that make no sense, are left out. */
export function readFilter(search: Record<string, string | string[] | undefined>): DeviceFilter {
  const text = (name: FilterName): string | undefined => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const filter: DeviceFilter = {
    status: STATUSES.find((one) => one === text('status')),
    type: text('type'),
    group: text('group'),
    text: text('text'),
    unconfirmed: text('unconfirmed') ? '1' : undefined,
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** The filter as the server takes it. */
export function toInput({ group, unconfirmed, ...rest }: DeviceFilter) {
  return {
    ...rest,
    ...(group === undefined ? {} : { group_id: group }),
    ...(unconfirmed === undefined ? {} : { confirmed: false }),
  }
}
