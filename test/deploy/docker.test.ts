import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import dockerignore from '@balena/dockerignore'
import { type Copy, DockerfileParser } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { SOURCES } from '../../scripts/built.ts'
import { environment } from '../../server/environment.ts'
import { VERSION } from '../../server/project.ts'

const FILE = 'deploy/Dockerfile'
const text = readFileSync(FILE, 'utf8')
const parsed = DockerfileParser.parse(text)

/** What the build stage takes from the folder it is built in. */
function copied(): string[] {
  return parsed.getCOPYs().flatMap((copy: Copy) => {
    if (copy.getFromFlag()) return []
    return copy
      .getArguments()
      .slice(0, -1)
      .map((argument) => argument.getValue())
  })
}

describe('the Dockerfile', () => {
  test('has nothing that a linter would complain about', () => {
    expect(validate(text).map(({ message }) => message)).toEqual([])
  })

  test('runs as nobody in particular, is asked whether it is well, and ends with the program itself', () => {
    const last = parsed.getInstructions().map((one) => `${one.getKeyword()} ${one.getArgumentsContent()}`)
    const final = last.slice(last.findLastIndex((line) => line.startsWith('FROM')))
    expect(final.find((line) => line.startsWith('USER'))).toMatch(/^USER [1-9]\d{4}:[1-9]\d{4}$/)
    expect(final.find((line) => line.startsWith('HEALTHCHECK'))).toContain('CMD ["robotrace", "health"')
    expect(final).toEqual(expect.arrayContaining(['VOLUME /data', 'EXPOSE 3000', 'CMD ["serve"]']))
    expect(final).toContain('ENTRYPOINT ["robotrace"]')
  })

  test('copies only what is there, all that the program is built from, and nothing that is left out', () => {
    const tracked = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean)
    const ignored = dockerignore.default().add(readFileSync(`${FILE}.dockerignore`, 'utf8'))
    const sources = copied()
    expect(sources.length).toBeGreaterThan(8)
    for (const source of sources) {
      const files = tracked.filter((file) => file === source || file.startsWith(`${source}/`))
      expect(files, source).not.toEqual([])
      expect(
        files.filter((file) => ignored.ignores(file)),
        source,
      ).toEqual([])
    }
    const missing = SOURCES.filter((one) => !sources.some((s) => one === s || one.startsWith(`${s}/`)))
    expect(missing).toEqual([])
  })

  test('never sees data, secrets, history or packages of this machine', () => {
    const ignored = dockerignore.default().add(readFileSync(`${FILE}.dockerignore`, 'utf8'))
    const kept = ['data/secret', '.env', '.git/config', 'node_modules/zod/index.js', 'dist/robotrace']
    for (const file of [...kept, 'scripts/binary/node_modules/esbuild/bin/esbuild']) {
      expect(ignored.ignores(file), file).toBe(true)
    }
  })
})

const service = z.object({
  read_only: z.literal(true),
  restart: z.string(),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  ports: z.array(z.string()),
})

describe('compose.yaml', () => {
  const compose: unknown = parse(readFileSync('deploy/compose.yaml', 'utf8'))

  test.each([[[]], [['--profile', 'https']]])('is one that Docker Compose accepts %j', (profile) => {
    const { status, stderr } = spawnSync(
      'docker-compose',
      ['-f', 'deploy/compose.yaml', ...profile, 'config', '-q'],
      { encoding: 'utf8' },
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  test('gives its services no right and no place to write that they do not need, and the server to this machine alone', () => {
    const { services } = z
      .object({ services: z.object({ robotrace: service, caddy: service }) })
      .parse(compose)
    expect(services.robotrace.ports).toEqual(['127.0.0.1:3000:3000'])
    expect(readFileSync('deploy/compose.yaml', 'utf8')).toContain(`image: robotrace:${VERSION}\n`)
  })
})

test('every variable that an example sets is one that the server reads', () => {
  const own = ['ROBOTRACE_NAME', 'ROBOTRACE_UPSTREAM']
  const files = ['Dockerfile', 'compose.yaml', 'Caddyfile', 'nginx.conf'].map((name) => `deploy/${name}`)
  const named = files.flatMap(
    (file) => readFileSync(file, 'utf8').match(/\bROBOTRACE_[A-Z_]+|PUBLIC_URL/g) ?? [],
  )
  expect(named.length).toBeGreaterThan(10)
  expect(named.filter((name) => !(name in environment.shape) && !own.includes(name))).toEqual([])
  expect(files.every((file) => existsSync(file))).toBe(true)
})
