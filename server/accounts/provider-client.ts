export type Provider = {}
export function createProvider(_c: unknown, _s: unknown): Provider | undefined {
  return undefined
}
