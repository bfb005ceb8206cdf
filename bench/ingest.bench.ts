import { median, requestsPerSecond, startProcess } from './processes.ts'

/**
 * How many episodes a second can be created, each with a verified key, a checked body and an fsync before the
 * answer? Beside it, in the same run: Express as it comes answering one line of JSON, and this very server with
 * one commit a request.
 */
export async function benchIngest(options: {
  rounds: number
  seconds: number
}): Promise<Record<string, number>> {
  await using grouped = await startProcess('robotrace')
  await using each = await startProcess('robotrace-each')
  await using hello = await startProcess('express')
  const body = JSON.stringify({
    name: 'pick_and_place v3',
    source: 'real',
    robot: 'arm-7',
    policy_version: 'pap-v3.2.1',
    env_version: 'cell-2',
    git_sha: '9f8e7d6',
    seed: 42,
    fps: 30,
    metadata: { task: 'red block to bin' },
  })
  const json = { 'Content-Type': 'application/json' }
  const create = (server: typeof grouped, seconds: number) =>
    requestsPerSecond(`${server.url}/api/ingest/episode`, {
      seconds,
      body,
      headers: { ...json, Authorization: `Bearer ${server.api_key}` },
    })
  const subjects = {
    hello: (seconds: number) => requestsPerSecond(hello.url, { seconds, body, headers: json }),
    grouped: (seconds: number) => create(grouped, seconds),
    each: (seconds: number) => create(each, seconds),
  }
  const rates: Record<keyof typeof subjects, number[]> = { hello: [], grouped: [], each: [] }
  for (const run of Object.values(subjects)) await run(1)
  for (let round = 1; round <= options.rounds; round++) {
    rates.hello.push(await subjects.hello(options.seconds))
    rates.grouped.push(await subjects.grouped(options.seconds))
    rates.each.push(await subjects.each(options.seconds))
    const now = Object.entries(rates).map(([name, values]) => `${name} ${values.at(-1)?.toFixed(0)}`)
    console.log(`  round ${round}: ${now.join(', ')} requests/s`)
  }
  const [of_hello, of_each] = [rates.hello, rates.each].map((base) => median(rates.grouped) / median(base))
  const creates = median(rates.grouped)
  return { creates_per_second: creates, of_express_hello: of_hello ?? 0, of_one_commit_each: of_each ?? 0 }
}
