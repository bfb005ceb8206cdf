import type { z } from 'zod'

/** `Required` makes a member that one side lacks altogether visible: optional members alone would not. */
type Same<A, B> = [Required<A>] extends [Required<B>]
  ? [Required<B>] extends [Required<A>]
    ? unknown
    : { drift: 'the schema allows less than the wire' }
  : { drift: 'the wire allows less than the schema' }

/**
 * Ties a request's schema to its type in sdk/wire.ts: when one side changes alone, this does not compile.
 *
 * @example const startEpisodeInput = accepts<StartEpisode>()(z.object({ … }))
 */
export function accepts<Wire>() {
  return <Schema extends z.ZodType>(schema: Schema & Same<z.input<Schema>, Wire>): Schema => schema
}

/** The same for an answer. @example const startedEpisode = answers<StartedEpisode>()(z.object({ … })) */
export function answers<Wire>() {
  return <Schema extends z.ZodType>(schema: Schema & Same<z.output<Schema>, Wire>): Schema => schema
}
