import type { Door } from './door.ts'
import { print } from './openapi-example.ts'
import { type Json, objectOf, type Schemas } from './openapi-schemas.ts'

const HAS_BODY = new Set(['POST', 'PATCH'])

/** One zod object holds query, path and body: path parameters are named by the path, the rest by the method. */
export function readInput(
  door: Door,
  schemas: Schemas,
): { parameters: Json[]; requestBody: Json | undefined } {
  const schema = schemas.describe(door.input, 'input')
  const properties = objectOf(schema.properties)
  const required = new Set(Array.isArray(schema.required) ? schema.required : [])
  const inPath = [...door.path.matchAll(/[:*](\w+)/g)].map(([, name = '']) => name)
  const rest = Object.keys(properties).filter((name) => !inPath.includes(name))
  const parameter = (name: string, where: 'path' | 'query'): Json => ({
    name,
    in: where,
    required: where === 'path' || required.has(name),
    schema: properties[name] ?? { type: 'string' },
    ...exampleOf(door, name, where),
  })
  const printed = door.example.body === undefined ? {} : { example: print(door.example.body) }
  const path = inPath.map((name) => parameter(name, 'path'))
  if (door.takes !== undefined) {
    const bytes = { required: true, content: { [door.takes]: {} } }
    return { parameters: [...path, ...rest.map((name) => parameter(name, 'query'))], requestBody: bytes }
  }
  if (door.form !== undefined) {
    const form = { schema: schemas.describe(door.form, 'input'), ...printed }
    return { parameters: path, requestBody: { required: true, content: { 'multipart/form-data': form } } }
  }
  if (!HAS_BODY.has(door.method))
    return { parameters: [...path, ...rest.map((name) => parameter(name, 'query'))], requestBody: undefined }
  const fields = rest.filter((name) => required.has(name))
  const body = {
    schema: {
      type: 'object',
      properties: Object.fromEntries(rest.map((name) => [name, properties[name]])),
      ...(fields.length > 0 ? { required: fields } : {}),
    },
    ...printed,
  }
  const isEmpty = rest.length === 0 && (door.example.body === undefined || !Array.isArray(door.example.body))
  return { parameters: path, requestBody: isEmpty ? undefined : bodyOf(door, body, fields.length > 0) }
}

/** OAuth is form-encoded (RFC 6749 section 4); JSON is understood there as well. */
function bodyOf(door: Door, body: Json, required: boolean): Json {
  const json = { 'application/json': body }
  const form = door.dialect === 'oauth' ? { 'application/x-www-form-urlencoded': body } : {}
  return { ...(required ? { required } : {}), content: { ...form, ...json } }
}

function exampleOf({ example }: Door, name: string, where: 'path' | 'query'): Json {
  const text = where === 'path' ? example.params?.[name] : example.query?.[name]
  return text === undefined ? {} : { example: print(text) }
}
