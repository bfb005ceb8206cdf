import type { ArtifactKind, UploadUrl } from '../../sdk/wire.ts'
import { PUT_SECONDS, signLink } from '../blobs/signed-url.ts'
import type { AppContext } from '../context.ts'
import { ARTIFACT_KINDS } from './artifact-kinds.ts'

/** One of the three places of an episode. */
export interface Slot {
  organization_id: string
  episode_id: string
  kind: ArtifactKind
}

/** Where a slot's bytes travel. The part from `episodes/` on is what clients take for the object's key. */
export function signedPathOf({ organization_id, episode_id, kind }: Slot): string {
  return `/api/blobs/episodes/${organization_id}/${episode_id}/${ARTIFACT_KINDS[kind].file}`
}

/** One signed PUT, good for 30 minutes. */
export function signUpload(
  ctx: Pick<AppContext, 'signing' | 'config'>,
  slot: Slot & { by: string },
  at: Date,
): UploadUrl {
  const expires = Math.floor(at.getTime() / 1000) + PUT_SECONDS
  const url = signLink(ctx, {
    method: 'PUT',
    path: signedPathOf(slot),
    artifact: slot.kind,
    content_type: ARTIFACT_KINDS[slot.kind].content_type,
    terms: ctx.config.max_upload_bytes,
    by: slot.by,
    expires,
  })
  return { kind: slot.kind, url, expires_at: new Date(expires * 1000).toISOString(), public_url: null }
}
