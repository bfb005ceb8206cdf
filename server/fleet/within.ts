import type { DeviceStatus } from '../../sdk/wire.ts'
import type { Caller } from '../caller.ts'
import type { AppContext } from '../context.ts'
import { enter } from '../organizations/act-within.ts'
import { pinOf } from './devices.ts'

/** Which devices. */
export interface DeviceFilters {
  status?: DeviceStatus | undefined
  type?: string | undefined
  group_id?: string | undefined
  /** In the name or the DSN, whatever its case. */
  text?: string | undefined
  confirmed?: boolean | undefined
}

/** Where to look: one project, or all that the caller may see of an organization. */
export interface Within {
  organization_id: string
  /** Null: all of its projects. */
  project_id: string | null
  /** The one device of a key that is pinned to it. */
  device_id: string | null
}

/** Where a caller's list looks, once they may see it. */
export async function placeOf(
  ctx: Pick<AppContext, 'db'>,
  caller: Caller,
  { org, project }: { org: string; project?: string | null | undefined },
): Promise<{ within: Within; organization_slug: string }> {
  const place = await enter(ctx, caller, { org, project: project ?? undefined }, 'fleet:read')
  const pinned = caller.kind === 'organization' ? caller.pinned_project_id : null
  const project_id = project == null ? pinned : place.project_id
  const { organization_id, organization_slug } = place
  return { within: { organization_id, project_id, device_id: pinOf(caller) }, organization_slug }
}
