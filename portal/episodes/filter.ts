import type { EpisodeSource, EpisodeStatus, EpisodeSummary } from '../api.ts'

/** What the list is narrowed to, exactly as the address bar spells it. */
export interface EpisodeFilter {
  status?: EpisodeStatus
  source?: EpisodeSource
  robot?: string
  /** `dev_…`, or its name. */
  device_id?: string
  policy_version?: string
  /** ISO 8601, or a span back from now: `1h`, `24h`, `7d`, `30d`. */
  since?: string
  /** ISO 8601. */
  until?: string
  archived?: '1'
}

export const FILTER_NAMES = [
  'status',
  'source',
  'robot',
  'device_id',
  'policy_version',
  'since',
  'until',
  'archived',
] as const
export type FilterName = (typeof FILTER_NAMES)[number]

export const STATUSES: readonly EpisodeStatus[] = ['recording', 'interrupted', 'ready', 'failed']
export const SOURCES: readonly EpisodeSource[] = ['real', 'sim', 'replay']

const SPANS: Record<string, { label: string; ms: number }> = {
  '1h': { label: 'last hour', ms: 3_600_000 },
  '24h': { label: 'last 24 hours', ms: 86_400_000 },
  '7d': { label: 'last 7 days', ms: 7 * 86_400_000 },
  '30d': { label: 'last 30 days', ms: 30 * 86_400_000 },
}

/** The filter in a query string; members it does not know, or that make no sense, are left out. */
export function readFilter(search: Record<string, string | string[] | undefined>): EpisodeFilter {
  const text = (name: FilterName): string | undefined => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const time = (value: string | undefined) =>
    value && (value in SPANS || !Number.isNaN(Date.parse(value))) ? value : undefined
  const filter: EpisodeFilter = {
    status: STATUSES.find((one) => one === text('status')),
    source: SOURCES.find((one) => one === text('source')),
    robot: text('robot'),
    device_id: text('device_id'),
    policy_version: text('policy_version'),
    since: time(text('since')),
    until: time(text('until')),
    archived: text('archived') ? '1' : undefined,
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** The filter as the server takes it, spans turned into times. */
export function toInput(filter: EpisodeFilter, now: number) {
  const { since, until, archived, ...rest } = filter
  const span = since ? SPANS[since] : undefined
  const iso = (text: string | undefined) => (text ? new Date(text).toISOString() : undefined)
  return {
    ...rest,
    since: span ? new Date(now - span.ms).toISOString() : iso(since),
    until: iso(until),
    archived: archived === '1',
  }
}

/** One thing to narrow by, as the filter field offers it and as its chip says it. */
export interface Choice {
  name: FilterName
  value: string
  label: string
}

const LABELS: Record<FilterName, string> = {
  status: 'Status',
  source: 'Source',
  robot: 'Robot',
  device_id: 'Device',
  policy_version: 'Policy',
  since: 'Since',
  until: 'Until',
  archived: 'Archived',
}

/** The words of a chip: `Robot arm-01`, `Last 7 days`, `Archived`. */
export function chipLabel(name: FilterName, value: string): { label: string; value: string } {
  if (name === 'archived') return { label: 'Archived', value: '' }
  if (name === 'since' && SPANS[value]) return { label: 'Time', value: SPANS[value].label }
  return { label: LABELS[name], value }
}

/**
 * What the filter field offers for a text: states and spans that fit, robots and policies seen in the
 * list, and the text itself as a robot or a policy.
 */
export function listChoices(text: string, filter: EpisodeFilter, seen: EpisodeSummary[]): Choice[] {
  const fixed: Choice[] = [
    ...STATUSES.map((value) => choice('status', value)),
    ...SOURCES.map((value) => choice('source', value)),
    ...unique(seen.map((one) => one.robot)).map((value) => choice('robot', value)),
    ...unique(seen.map((one) => one.policy_version)).map((value) => choice('policy_version', value)),
    ...Object.keys(SPANS).map((value) => choice('since', value)),
    choice('archived', '1'),
  ]
  const typed = text.trim()
  const words = typed.toLowerCase().replaceAll(':', ' ').split(/\s+/).filter(Boolean)
  const fits = (one: Choice) => words.every((word) => one.label.toLowerCase().includes(word))
  const rest = fixed.filter((one) => filter[one.name] !== one.value && fits(one))
  return typed === '' ? rest : [...rest, ...ownWords(typed, rest)]
}

function ownWords(typed: string, offered: Choice[]): Choice[] {
  const day = /^\d{4}-\d{2}-\d{2}$/.test(typed) && !Number.isNaN(Date.parse(typed))
  if (day) return [choice('since', typed), choice('until', typed)]
  const value = typed.replace(/^(robot|policy(_version)?):\s*/i, '')
  const names: FilterName[] = /^robot:/i.test(typed)
    ? ['robot']
    : /^policy/i.test(typed) && value !== typed
      ? ['policy_version']
      : ['robot', 'policy_version']
  return names
    .map((name) => choice(name, value))
    .filter((one) => !offered.some((other) => other.name === one.name && other.value === one.value))
}

function choice(name: FilterName, value: string): Choice {
  const words = chipLabel(name, value)
  return { name, value, label: words.value ? `${words.label} ${words.value}` : words.label }
}

function unique(values: (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null && value !== ''))].slice(0, 6).map(String)
}
