/** What stands in examples for ids that only a server knows, as the reference prints it. */
export const PRINTED: Readonly<Record<string, string>> = {
  $id: 'ep_7c2h9v0m4t1xq8k3zb5n',
  $capsule: 'cap_2m9x4k7q1c8v5z0t3b6n',
  $package: 'pkg_5t1z8n3b7m2q9x4c6v0k',
}

/** An example with printable ids. @example print({ capsule_ids: ['$capsule'] }) */
export function print(example: unknown): unknown {
  let text = JSON.stringify(example)
  for (const [name, id] of Object.entries(PRINTED)) text = text.replaceAll(`"${name}"`, `"${id}"`)
  return JSON.parse(text)
}
