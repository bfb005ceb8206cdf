import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { projectFile } from '../server/project.ts'
import { type BenchServer, benchFolder, median, startProcess } from './processes.ts'

const MIB = 1024 * 1024

/**
 * How many MiB a second can be uploaded, hashed and fsynced, and how much memory does that take? Beside it, in the
 * same run: a bare node:http stream into a file, with an fsync and no hash.
 */
export async function benchUpload(options: { rounds: number; mib: number }): Promise<Record<string, number>> {
  await using robotrace = await startProcess('robotrace')
  await using bare = await startProcess('file')
  const source = await makeFile(options.mib)
  const rates = { robotrace: [] as number[], bare: [] as number[] }
  const peaks: number[] = []
  await send(bare.url, source, 'POST')
  await send(await uploadUrl(robotrace), source, 'PUT')
  const idle = robotrace.rssMiB()
  for (let round = 1; round <= options.rounds; round++) {
    rates.bare.push(options.mib / (await send(bare.url, source, 'POST')))
    robotrace.forget()
    rates.robotrace.push(options.mib / (await send(await uploadUrl(robotrace), source, 'PUT')))
    peaks.push(robotrace.peakMiB())
    const [ours, theirs] = [rates.robotrace.at(-1), rates.bare.at(-1)]
    console.log(`  round ${round}: robotrace ${ours?.toFixed(0)}, bare ${theirs?.toFixed(0)} MiB/s`)
  }
  await rm(join(source, '..'), { recursive: true })
  return {
    mib_per_second: median(rates.robotrace),
    of_bare: median(rates.robotrace.map((rate, round) => rate / (rates.bare[round] ?? Number.NaN))),
    rss_before_mib: idle,
    rss_peak_mib: Math.max(...peaks),
  }
}

async function uploadUrl(server: BenchServer): Promise<string> {
  const answer = await fetch(`${server.url}/api/ingest/episode`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${server.api_key}`, 'Content-Type': 'application/json' },
    body: '{"request_uploads":["video"]}',
  })
  // Our own server's answer.
  const { upload_urls } = (await answer.json()) as { upload_urls: { url: string }[] }
  return upload_urls[0]?.url ?? ''
}

/** Seconds that one upload takes, measured in the sending process from the first byte to the answer. */
async function send(url: string, file: string, method: 'PUT' | 'POST'): Promise<number> {
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    projectFile('bench/send-file.ts'),
    method,
    url,
    file,
  ])
  let output = ''
  child.stdout.on('data', (chunk) => {
    output += chunk
  })
  let errors = ''
  child.stderr.on('data', (chunk) => {
    errors += chunk
  })
  await new Promise((resolve) => child.once('exit', resolve))
  if (!output) throw new Error(errors)
  return Number(output)
}

async function makeFile(mib: number): Promise<string> {
  const path = join(benchFolder(), 'upload.bin')
  const file = createWriteStream(path)
  for (let nth = 0; nth < mib; nth++) {
    if (!file.write(Buffer.alloc(MIB, nth))) await once(file, 'drain')
  }
  file.end()
  await once(file, 'finish')
  return path
}
