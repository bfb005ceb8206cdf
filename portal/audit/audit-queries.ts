import { infiniteQueryOptions } from '@tanstack/solid-query'
import { api } from '../api.ts'
import { type AuditFilter, toInput } from './filter.ts'

const PAGE = 50

/**
 * Pages of the trail, latest first.
 *
 * @param organization_id undefined: of the whole server, or of what the filter names; for staff
 */
export function auditQuery(organization_id: string | undefined, filter: AuditFilter) {
  return infiniteQueryOptions({
    queryKey: ['audit', organization_id ?? 'all', filter],
    queryFn: ({ pageParam }) => {
      const wanted = { ...toInput(filter, Date.now()), limit: PAGE, cursor: pageParam }
      return organization_id === undefined
        ? api.audit.listAll.query({ organization_id: filter.organization, ...wanted })
        : api.audit.list.query({ organization_id, ...wanted })
    },
    // as: the first page has no cursor, and inference needs to hear that later ones do.
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    // Another filter keeps the old rows on screen until its own are there; another organization never.
    placeholderData: (before, query) =>
      query?.queryKey[1] === (organization_id ?? 'all') ? before : undefined,
  })
}
