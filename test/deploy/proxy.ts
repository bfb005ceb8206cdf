import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '../certificate.ts'
import { startTestServer, type TestServer } from '../harness.ts'
import { type Tenant, tenant } from '../seed.ts'
import { freePort, NAME } from './https-request.ts'

/** A server behind a real proxy that runs an example of deploy/. */
export interface Behind extends AsyncDisposable {
  server: TestServer
  lab: Tenant
  /** The origin people use, on the proxy's port. */
  url: string
  /** What makes the proxy's certificate trusted. */
  ca: string
  /** Where the proxy answers plain http. */
  plain_port: number
  /** Everything that the proxy wrote to its access log. */
  accessLog: () => string
}

interface Ports {
  folder: string
  https: number
  http: number
  upstream: number
}

/** Each has to be in the example: what is not found there is not replaced in silence. */
function substitute(text: string, replacements: [string, string][]): string {
  return replacements.reduce((sum, [from, to]) => {
    if (!sum.includes(from)) throw new Error(`The example has no "${from}" to put "${to}" in its place.`)
    return sum.replaceAll(from, to)
  }, text)
}

/** deploy/nginx.conf as it stands, but for ports, paths and the certificate. */
function nginxExample({ folder, https, http, upstream }: Ports): string {
  return substitute(readFileSync('deploy/nginx.conf', 'utf8'), [
    ['server 127.0.0.1:3000;', `server 127.0.0.1:${upstream};`],
    ['listen 80;', `listen 127.0.0.1:${http};`],
    ['listen [::]:80;', ''],
    ['listen 443 ssl http2;', `listen 127.0.0.1:${https} ssl http2;`],
    ['listen [::]:443 ssl http2;', ''],
    [`/etc/letsencrypt/live/${NAME}/fullchain.pem`, join(folder, 'proxy-cert.pem')],
    [`/etc/letsencrypt/live/${NAME}/privkey.pem`, join(folder, 'proxy-key.pem')],
    ['/var/log/nginx/', `${folder}/`],
  ])
}

/** What Debian's nginx.conf holds around conf.d, with nothing outside of the folder. */
function nginxMain(folder: string): string {
  const bodies = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const temporary = bodies.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user} daemon off; pid ${folder}/nginx.pid; error_log stderr error; events {}
    http { include /etc/nginx/mime.types; gzip on; ${temporary} include ${folder}/robotrace.conf; }`
}

/** @example await using behind = await behindNginx() */
export async function behindNginx(env: Record<string, string> = {}): Promise<Behind> {
  return behind(env, (ports) => {
    const { folder } = ports
    writeFileSync(join(folder, 'robotrace.conf'), nginxExample(ports))
    writeFileSync(join(folder, 'nginx.conf'), nginxMain(folder))
    return spawn('/usr/sbin/nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  })
}

/** deploy/Caddyfile as it stands, with a certificate of ours: there is nobody here to get one from. */
export async function behindCaddy(env: Record<string, string> = {}): Promise<Behind> {
  return behind(env, ({ folder, https, http, upstream }) => {
    const example = substitute(readFileSync('deploy/Caddyfile', 'utf8'), [
      [
        `\n{$ROBOTRACE_NAME:${NAME}} {`,
        `\n{$ROBOTRACE_NAME:${NAME}}:${https} {\n\ttls ${folder}/proxy-cert.pem ${folder}/proxy-key.pem\n\tbind 127.0.0.1`,
      ],
    ])
    const global = `{\n\tadmin off\n\thttp_port ${http}\n\thttps_port ${https}\n\tskip_install_trust\n}\n`
    writeFileSync(join(folder, 'Caddyfile'), global + example)
    return spawn('caddy', ['run', '--adapter', 'caddyfile', '--config', join(folder, 'Caddyfile')], {
      env: { PATH: process.env.PATH, HOME: folder, ROBOTRACE_UPSTREAM: `127.0.0.1:${upstream}` },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  })
}

async function behind(env: Record<string, string>, start: (ports: Ports) => ChildProcess): Promise<Behind> {
  const folder = mkdtempSync(join(tmpdir(), 'robotrace-proxy-'))
  const ca = readFileSync(makeCertificate(folder, 'proxy').cert, 'utf8')
  const [https, http] = [await freePort(), await freePort()]
  const url = `https://${NAME}:${https}`
  const server = await startTestServer({
    ...{ PUBLIC_URL: url, ROBOTRACE_TRUSTED_PROXIES: '127.0.0.1/32', ...env },
  })
  const child = start({ folder, https, http, upstream: Number(new URL(server.url).port) })
  await answering(child, https)
  return {
    ...{ server, url, ca, plain_port: http },
    lab: await tenant(server),
    accessLog: () => readFileSync(join(folder, 'robotrace.log'), 'utf8'),
    async [Symbol.asyncDispose]() {
      child.kill()
      await new Promise((resolve) => (child.exitCode === null ? child.once('exit', resolve) : resolve(0)))
      await server[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Once the port takes connections; what the proxy said when it ended instead. */
async function answering(child: ChildProcess, port: number): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said += String(chunk)
  })
  let ended: Error | undefined
  child.once('error', (error) => {
    ended = error
  })
  child.once('exit', (code) => {
    ended = new Error(`The proxy ended with ${code}: ${said}`)
  })
  while (!(await takesConnections(port))) {
    if (ended) throw ended
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function takesConnections(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
