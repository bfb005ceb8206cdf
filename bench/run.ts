import { execFileSync } from 'node:child_process'
import { benchBackup } from './backup.bench.ts'
import { benchCredentials } from './credentials.bench.ts'
import { benchHeartbeats } from './heartbeats.bench.ts'
import { benchIngest } from './ingest.bench.ts'
import { benchLists } from './lists.bench.ts'
import { benchLogin } from './login.bench.ts'
import { buildBenchServer } from './processes.ts'
import { benchStart } from './start.bench.ts'
import { benchUpload } from './upload.bench.ts'

/** `npm run bench`: the rows of a round are measured one after the other on the same machine, so trust the ratios. */
await buildBenchServer()
execFileSync('npx', ['tsx', 'scripts/binary/build.ts', '--if-stale'])
console.log('Episodes created with a verified key, checked and fsynced')
const ingest = await benchIngest({ rounds: 5, seconds: 3 })
console.log('Uploads, hashed and fsynced')
const upload = await benchUpload({ rounds: 5, mib: 512 })
console.log('Logging terminals in')
const login = await benchLogin({ logins: 30, terminals: 1000, seconds: 20 })
console.log('Keys and tokens verified over HTTP')
const credentials = await benchCredentials({ rounds: 5, seconds: 3, many: 1_000_000 })
console.log('10,000 robots that beat every 30 seconds')
const heartbeats = await benchHeartbeats({ rounds: 5, seconds: 10 })
console.log('Lists of a million episodes and ten thousand devices')
const lists = await benchLists({ devices: 10_000, episodes: 1_000_000, pages: 3 })
console.log('From starting the program to its first answer')
const start = await benchStart({ rounds: 15, episodes: 1_000_000, idle_seconds: 60 })
console.log(
  'Backup, verification and restore (a million episodes and 5 GB: npx tsx bench/backup.bench.ts --full)',
)
const backup = await benchBackup({ episodes: 50_000, bytes: 500e6, files: 200 })
console.log(
  JSON.stringify(
    { ingest, upload, login, credentials, heartbeats, lists, start, backup },
    (_, value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value),
    2,
  ),
)
