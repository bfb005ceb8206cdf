import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { buildReference } from './build-reference.ts'

/**
 * One port for everything while developing: Vite serves the portal with hot replacement and passes the server's
 * own addresses on to a server that restarts when its sources change.
 *
 *   npm run dev            http://localhost:3000
 *   PORT=4000 npm run dev
 */
const port = Number(process.env.PORT || 3000)
const root = fileURLToPath(new URL('..', import.meta.url))
const url = `http://localhost:${port}`

// Served by the server itself, as it is in production.
buildReference()

const server = spawn(
  process.execPath,
  ['--import', 'tsx', '--watch', '--watch-preserve-output', 'scripts/dev-server.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PORT: String(port + 1), PUBLIC_URL: url, NODE_ENV: 'development' },
  },
)
const target = `http://127.0.0.1:${port + 1}`
const vite = await createServer({
  configFile: `${root}/vite.config.ts`,
  server: {
    port,
    strictPort: true,
    // The Host stays what the browser sent: the server checks it against PUBLIC_URL.
    proxy: Object.fromEntries(
      ['/api', '/docs/', '/trpc', '/healthz', '/readyz'].map((path) => [path, { target }]),
    ),
  },
})
await vite.listen()
console.log(`Portal with hot replacement: ${url}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    server.kill(signal)
    vite.close().then(() => process.exit(0))
  })
}
