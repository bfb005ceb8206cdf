import { z } from 'zod'
import { NAMED_ANSWERS } from './conforms.ts'

export type Json = Record<string, unknown>

/** Describes zod schemas, and remembers those that have a name: they are described once, below `components`. */
export interface Schemas {
  describe(schema: z.ZodType, io: 'input' | 'output'): Json
  named(): Record<string, unknown>
}

/** @example const { $ref } = collectSchemas().describe(device, 'output') // '#/components/schemas/Device' */
export function collectSchemas(): Schemas {
  const named = new Map<string, unknown>()
  return {
    describe(schema, io) {
      const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', metadata: NAMED_ANSWERS })
      const { $schema: _, $defs, ...rest } = objectOf(pointAtComponents(made))
      for (const [name, definition] of Object.entries(objectOf($defs))) {
        const known = named.get(name)
        if (known !== undefined && JSON.stringify(known) !== JSON.stringify(definition))
          throw new Error(`Two answers are called ${name} and differ. Give one of them another name.`)
        named.set(name, definition)
      }
      return rest
    },
    named: () => Object.fromEntries([...named].sort(([one], [other]) => (one < other ? -1 : 1))),
  }
}

function pointAtComponents(schema: unknown): unknown {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'))
}

export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}
