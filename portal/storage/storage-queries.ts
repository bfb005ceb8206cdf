import { infiniteQueryOptions, queryOptions } from '@tanstack/solid-query'
import { api, type RulePreview, type RuleText } from '../api.ts'

/** What is stored, may be stored, and is being deleted; followed while bytes are on their way out. */
export function storageQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['storage', organization_id],
    queryFn: () => api.storage.get.query({ organization_id }),
    refetchInterval: (query) =>
      query.state.data?.deletions.some(({ finished_at }) => finished_at === null) ? 2_000 : 30_000,
  })
}

export function rulesQuery(organization_id: string) {
  return queryOptions({
    queryKey: ['storage', organization_id, 'rules'],
    queryFn: () => api.storage.rules.query({ organization_id }),
  })
}

export function trashQuery(organization_id: string) {
  return infiniteQueryOptions({
    queryKey: ['trash', organization_id],
    queryFn: ({ pageParam }) => api.episodes.trashed.query({ organization_id, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
  })
}

/** What a rule would move to the trash now: asked for step by step, until all episodes were looked at. */
export function previewQuery(organization_id: string, rule: RuleText) {
  return queryOptions({
    queryKey: ['rule-preview', organization_id, rule],
    staleTime: 0,
    queryFn: async ({ signal }): Promise<RulePreview> => {
      let sum = await api.storage.previewRule.query({ organization_id, ...rule, from: null }, { signal })
      while (sum.next !== null) {
        const more = await api.storage.previewRule.query(
          { organization_id, ...rule, from: sum.next },
          { signal },
        )
        sum = add(sum, more)
      }
      return sum
    },
  })
}

function add(sum: RulePreview, more: RulePreview): RulePreview {
  const [oldest = null] = [sum.oldest, more.oldest].filter((at) => at !== null).sort()
  const newest =
    [sum.newest, more.newest]
      .filter((at) => at !== null)
      .sort()
      .at(-1) ?? null
  return {
    ...{ oldest, newest, next: more.next },
    episodes: sum.episodes + more.episodes,
    bytes: sum.bytes + more.bytes,
    kept: sum.kept + more.kept,
    first: [...sum.first, ...more.first].slice(0, 5),
  }
}

/** @example sentenceOf({ status: 'failed', source: 'sim', project: null, keep_tag: 'keep', days: 30 }) */
export function sentenceOf({ project, status, source, keep_tag, days }: RuleText): string {
  const what = [status, source].filter(Boolean).join(' ')
  const where = project === null ? 'of all projects' : `of ${project}`
  const except = keep_tag === null ? '' : `, except those tagged ${keep_tag}`
  return `${what ? `${what.charAt(0).toUpperCase()}${what.slice(1)} episodes` : 'Episodes'} ${where} that are older than ${days === 1 ? '1 day' : `${days.toLocaleString('en')} days`}${except}`
}
