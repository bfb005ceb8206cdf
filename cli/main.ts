#!/usr/bin/env node
import process from 'node:process'
import { processHost } from './host.ts'
import { run } from './run.ts'

/** Set rather than exited with: what is still being written to a pipe arrives. */
process.exitCode = await run(process.argv.slice(2), processHost('robotrace'))
