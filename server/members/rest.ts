import { type Door, door } from '../http/door.ts'
import { cutPage } from '../http/paging.ts'
import { listPeople } from './people.ts'
import { memberList, memberListQuery } from './schema.ts'

export const memberDoors: Door[] = [
  door({
    method: 'GET',
    path: '/api/v1/organizations/:org/members',
    caller: 'key_or_person',
    summary: 'People of an organization by name; keys need the scope admin',
    input: memberListQuery,
    output: memberList,
    status: 200,
    refusals: ['not_found', 'forbidden', 'insufficient_scope', 'second_factor_missing'],
    example: { params: { org: 'acme' } },
    async handle(ctx, input, caller) {
      const { items, ...page } = cutPage(await listPeople(ctx, caller, input), input)
      return { ...page, items: items.map(({ id: _, ...person }) => person) }
    },
  }),
]
