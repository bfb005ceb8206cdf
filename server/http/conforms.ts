import { z } from 'zod'

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

/** What answers are called in the API's description, so that each is described once. */
export const NAMED_ANSWERS = z.registry<{ id: string }>()

/**
 * The same for an answer.
 *
 * @param name as in sdk/wire.ts; left out: it is described wherever it is answered
 * @example const startedEpisode = answers<StartedEpisode>('StartedEpisode')(z.object({ … }))
 */
export function answers<Wire>(name?: string) {
  return <Schema extends z.ZodType>(schema: Schema & Same<z.output<Schema>, Wire>): Schema => {
    if (name !== undefined) NAMED_ANSWERS.add(schema, { id: name })
    return schema
  }
}

/** Gives a part of answers a name of its own. @example const account = component('Account', z.object({ … })) */
export function component<Schema extends z.ZodType>(name: string, schema: Schema): Schema {
  NAMED_ANSWERS.add(schema, { id: name })
  return schema
}
