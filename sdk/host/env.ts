import process from 'node:process'

/** A variable of the environment; undefined when it is unset, empty, or Deno does not grant it. */
export function readEnv(name: string): string | undefined {
  try {
    return process.env[name] || undefined
  } catch {
    return undefined
  }
}
