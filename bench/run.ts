import { benchIngest } from './ingest.bench.ts'

const results: Record<string, Record<string, number>> = {}
console.log('Creating episodes')
results.ingest = await benchIngest({ rounds: 2, seconds: 3 })
console.log(results)
