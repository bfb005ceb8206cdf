import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decodeJwt, importJWK, SignJWT } from 'jose'
import { Provider } from 'oidc-provider'
import type { TestServer } from './harness.ts'

/** What the provider tells of somebody. */
export interface Claims {
  email?: string
  email_verified?: boolean | string
  name?: string
}

/** A real OpenID provider on loopback, whose people sign in with their subject and any password. */
export interface IdentityProvider extends AsyncDisposable {
  /** Variables that make a server use it. */
  env: Record<string, string>
  issuer: string
  people: Map<string, Claims>
  /** Accepts a server as its client; ask before anything else. */
  serve: (server: TestServer) => void
  /** Changes claims of every ID token from now on; the token is signed with the provider's own key. */
  forge: (change: Record<string, unknown>) => void
}

const CLIENT = { id: 'robotrace', secret: 'a secret that both of them know, and nobody else' }

// One key for all of a file's providers: making it takes longer than most tests.
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'test', alg: 'RS256', use: 'sig' }

export async function startIdentityProvider(): Promise<IdentityProvider> {
  const http = createServer((_request, response) => response.writeHead(503).end())
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const { port } = http.address() as AddressInfo // it listens on TCP
  const issuer = `http://127.0.0.1:${port}`
  const people = new Map<string, Claims>()
  let forged: Record<string, unknown> | undefined
  return {
    issuer,
    people,
    env: {
      ROBOTRACE_OIDC_ISSUER: issuer,
      ROBOTRACE_OIDC_CLIENT_ID: CLIENT.id,
      ROBOTRACE_OIDC_CLIENT_SECRET: CLIENT.secret,
      ROBOTRACE_OIDC_NAME: 'Lab ID',
    },
    serve(server) {
      const provider = makeProvider(issuer, server, people)
      provider.use(async (ctx, next) => {
        await next()
        const body: unknown = ctx.body
        if (forged && ctx.path === '/token' && isTokens(body)) {
          ctx.body = { ...body, id_token: await signAgain(body.id_token, forged) }
        }
      })
      const answer = provider.callback()
      http.removeAllListeners('request').on('request', (request, response) => void answer(request, response))
    },
    forge(change) {
      forged = change
    },
    async [Symbol.asyncDispose]() {
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

function makeProvider(issuer: string, server: TestServer, people: Map<string, Claims>): Provider {
  return new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${server.ctx.config.public_url}/auth/oidc/callback`],
      },
    ],
    jwks: { keys: [jwk] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    pkce: { required: () => true },
    findAccount: async (_ctx, sub) => ({
      accountId: sub,
      claims: async () => ({ sub, ...people.get(sub) }),
    }),
  })
}

function isTokens(body: unknown): body is { id_token: string } {
  return typeof body === 'object' && body !== null && 'id_token' in body
}

async function signAgain(token: string, change: Record<string, unknown>): Promise<string> {
  const key = await importJWK(jwk)
  return new SignJWT({ ...decodeJwt(token), ...change })
    .setProtectedHeader({ alg: 'RS256', kid: jwk.kid })
    .sign(key)
}

/** Cookies of one browser, for each origin. */
export class Jar {
  readonly #cookies = new Map<string, Map<string, string>>()

  header(url: string): string {
    return [...this.#of(url)].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  set(url: string, name: string, value: string): void {
    this.#of(url).set(name, value)
  }

  take(url: string, answer: Response): void {
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ''] = cookie.split(';')
      const cut = pair.indexOf('=')
      const [name, value] = [pair.slice(0, cut), pair.slice(cut + 1)]
      if (value === '' || /max-age=0|expires=thu, 01 jan 1970/i.test(cookie)) this.#of(url).delete(name)
      else this.#of(url).set(name, value)
    }
  }

  #of(url: string): Map<string, string> {
    const { port } = new URL(url)
    const known = this.#cookies.get(port) ?? new Map<string, string>()
    this.#cookies.set(port, known)
    return known
  }
}

/** One request of a browser that keeps its cookies and follows nothing. */
export async function visit(jar: Jar, url: string, form?: Record<string, string>): Promise<Response> {
  const answer = await fetch(url, {
    redirect: 'manual',
    method: form ? 'POST' : 'GET',
    headers: { Cookie: jar.header(url) },
    ...(form ? { body: new URLSearchParams(form) } : {}),
  })
  jar.take(url, answer)
  return answer
}

/**
 * Signs in at the provider, from the address our server sends a browser to.
 *
 * @returns the address the provider sends it back to
 */
export async function signInAtProvider(jar: Jar, from: string, subject: string): Promise<string> {
  let url = from
  let form: Record<string, string> | undefined
  for (let step = 0; step < 12; step++) {
    const answer = await visit(jar, url, form)
    const location = answer.headers.get('location')
    form = undefined
    if (location !== null) {
      url = new URL(location, url).href
      if (new URL(url).pathname === '/auth/oidc/callback') return url
      continue
    }
    const page = await answer.text()
    const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1]
    if (action === undefined) throw new Error(`the provider answered ${answer.status}: ${page.slice(0, 300)}`)
    const isLogin = page.includes('value="login"')
    form = isLogin ? { prompt: 'login', login: subject, password: 'x' } : { prompt: 'consent' }
    url = new URL(action, url).href
  }
  throw new Error('the provider never sent the browser back')
}
