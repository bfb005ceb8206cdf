import type { Command } from '../../../cli/command.ts'
import { EXIT, Failure } from '../../../cli/failure.ts'
import { done } from '../../../cli/print.ts'
import { size } from '../../../cli/words.ts'
import { operatorActor } from '../../audit/audit.ts'
import { type Environment, parseSize } from '../../environment.ts'
import { findOrganizationNamed } from '../../organizations/organizations.ts'
import { readUsage, setQuota, type Usage } from '../../quota/quota.ts'
import { AT_MACHINE_FLAGS, atMachine } from './at-machine.ts'

/** How much an organization stores and may store. */
export function quota(environment: Environment): Command {
  return {
    name: 'admin quota',
    summary: 'show or set how much an organization may store',
    examples: ['robotrace admin quota halcyon', 'robotrace admin quota halcyon --set 500GB'],
    argument: { name: 'organization', about: 'its slug or id' },
    flags: [
      { name: 'set', value: 'size', about: 'such as 500GB or 2TiB; none: as much as the disk holds' },
      ...AT_MACHINE_FLAGS,
    ],
    run: (host, given) =>
      atMachine(environment, given, async (at) => {
        const named = given.argument ?? ''
        const found = await findOrganizationNamed(at, named)
        if (!found) {
          throw new Failure(`There is no organization ${named}.`, {
            hint: '`robotrace admin quota` with the slug that its address in the portal shows',
          })
        }
        const { id: organization_id, slug } = found
        const set = given.text('set')
        if (set === undefined) {
          done(host, `${slug} ${words(await readUsage(at.db, organization_id))}.`)
          return EXIT.ok
        }
        const wanted = { organization_id, quota_bytes: sizeOf(set), operator: at.by.user }
        done(host, `${slug} ${words(await setQuota(at, operatorActor(), wanted))}.`)
        return EXIT.ok
      }),
  }
}

function sizeOf(text: string): number | null {
  if (text === 'none') return null
  const bytes = parseSize(text)
  if (Number.isFinite(bytes)) return bytes
  throw new Failure('`--set` must be a size such as 500GB or 2TiB, or none.', { status: EXIT.usage })
}

function words({ used_bytes, quota_bytes }: Usage): string {
  const may = quota_bytes === null ? 'may store as much as the disk holds' : `may store ${size(quota_bytes)}`
  return `stores ${size(used_bytes)} and ${may}`
}
