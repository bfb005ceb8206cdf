/** What the trail is narrowed to, exactly as the address bar spells it. */
export interface AuditFilter {
  action?: string
  outcome?: 'success' | 'failure'
  /** A span back from now: `24h`, `7d`, `30d`. */
  since?: Span
  /** Id of a person or a key. */
  actor?: string
  /** Id of what was acted on. */
  target?: string
  /** Id of an organization; on staff's page only. */
  organization?: string
}

export const FILTER_NAMES = ['action', 'outcome', 'since', 'actor', 'target', 'organization'] as const
export type FilterName = (typeof FILTER_NAMES)[number]

const SPANS = { '24h': 86_400_000, '7d': 7 * 86_400_000, '30d': 30 * 86_400_000 } as const
type Span = keyof typeof SPANS

export interface Choice {
  value: string
  words: string
}

export const ACTIONS: Choice[] = [
  { value: '', words: 'Everything' },
  { value: 'sign_in', words: 'Failed sign-ins' },
  { value: 'session', words: 'Sessions' },
  { value: 'device_login', words: 'Terminal logins' },
  { value: 'api_key', words: 'API keys' },
  { value: 'api_token', words: 'API tokens' },
  { value: 'ssh_key', words: 'SSH keys' },
  { value: 'device', words: 'Robots' },
  { value: 'member', words: 'Members' },
  { value: 'invitation', words: 'Invitations' },
  { value: 'device_login_policy', words: 'Login policy' },
  { value: 'client', words: 'Clients' },
  { value: 'audit', words: 'Exports' },
]

export const OUTCOMES: Choice[] = [
  { value: '', words: 'Done or failed' },
  { value: 'success', words: 'Done' },
  { value: 'failure', words: 'Failed' },
]

export const TIMES: Choice[] = [
  { value: '', words: 'Any time' },
  { value: '24h', words: 'Last 24 hours' },
  { value: '7d', words: 'Last 7 days' },
  { value: '30d', words: 'Last 30 days' },
]

/** The filter in a query string; members it does not know, or that make no sense, are left out. */
export function readFilter(search: Record<string, string | string[] | undefined>): AuditFilter {
  const text = (name: FilterName): string | undefined => {
    const value = search[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const action = text('action')
  const since = text('since')
  const filter: AuditFilter = {
    action: action !== undefined && /^[a-z_]+(\.[a-z_]+)?$/.test(action) ? action : undefined,
    outcome: (['success', 'failure'] as const).find((one) => one === text('outcome')),
    since: since === '24h' || since === '7d' || since === '30d' ? since : undefined,
    actor: text('actor'),
    target: text('target'),
    organization: text('organization'),
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

/** The filter as the server takes it, the span turned into a time. */
export function toInput({ since, organization: _, ...rest }: AuditFilter, now: number) {
  return { ...rest, ...(since ? { since: new Date(now - SPANS[since]).toISOString() } : {}) }
}

/** The address of an export of what the filter leaves. @example exportHref('/api/v1/admin/audit', filter, 'csv', now) */
export function exportHref(path: string, filter: AuditFilter, format: 'csv' | 'ndjson', now: number): string {
  const query = new URLSearchParams({ format })
  const wanted = { ...toInput(filter, now), organization_id: filter.organization }
  for (const [name, value] of Object.entries(wanted)) if (value !== undefined) query.set(name, value)
  return `${path}?${query}`
}
