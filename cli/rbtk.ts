#!/usr/bin/env node
import process from 'node:process'
import { processHost } from './host.ts'
import { run } from './run.ts'

/** The same program under its other name. */
process.exitCode = await run(process.argv.slice(2), processHost('rbtk'))
