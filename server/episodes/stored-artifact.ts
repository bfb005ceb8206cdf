import { z } from 'zod'
import type { Artifact } from '../../sdk/wire.ts'
import { answers } from '../http/conforms.ts'
import { KIND_NAMES } from './artifact-kinds.ts'

/** An artifact as it is answered, by whichever slice shows it. */
export const storedArtifact = answers<Artifact>('Artifact')(
  z.object({
    kind: z.enum(KIND_NAMES),
    content_type: z.string(),
    size_bytes: z.number(),
    sha256: z.string(),
    stored_at: z.iso.datetime(),
    url: z.url(),
  }),
)
