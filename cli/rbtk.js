#!/usr/bin/env node
// Node runs the TypeScript sources through tsx; Deno and Bun start cli/rbtk.ts as it is.
import { register } from 'tsx/esm/api'

register()
await import('./rbtk.ts')
