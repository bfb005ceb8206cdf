import { ConfigurationError } from './errors.ts'
import type { Transport } from './transport.ts'
import { VERSION } from './version.ts'
import type {
  Device,
  DeviceDetail,
  DeviceList,
  Heartbeat,
  HeartbeatAnswer,
  ListDevices,
  WhoAmI,
} from './wire.ts'

/** Which devices to list. */
export interface DeviceFilters extends Omit<ListDevices, 'page' | 'page_size' | 'cursor'> {
  /** Slug or id of the project; `null`: of all projects. Default: the client's, else the key's own, else all. */
  project?: string | null
}

/** Where a key is at home: what an address below `/api/v1/organizations` needs. */
interface Home {
  organization: string
  project: string | null
  device: string | null
}

/** Most devices that a page may have. */
const PAGE = 100

/** The calls of a client that are about devices; see {@linkcode Client}. */
export class Fleet {
  readonly #transport: Transport
  readonly #given: { organization?: string; project?: string }
  #home: Promise<Home> | undefined

  /** What was given wins over what the key says of itself. */
  constructor(transport: Transport, given: { organization?: string; project?: string }) {
    this.#transport = transport
    this.#given = given
  }

  /** One heartbeat; see {@linkcode Client.heartbeat}. */
  async heartbeat(metrics: Heartbeat): Promise<HeartbeatAnswer> {
    const { organization, project, device } = await this.#findHome()
    if (device === null || project === null) {
      throw new ConfigurationError(
        'Only a device sends heartbeats, with the key that is pinned to it. Run `robotrace device enroll`.',
      )
    }
    const path = `${projectPath(organization, project)}/devices/${device}/heartbeat`
    const body = { sdk_version: VERSION, ...withClock(metrics) }
    return await this.#transport.json<HeartbeatAnswer>({ method: 'POST', path, body })
  }

  /** One device; see {@linkcode Client.getDevice}. */
  async get(device: string, project: string | undefined): Promise<DeviceDetail> {
    const home = await this.#findHome()
    const place = project ?? this.#given.project ?? home.project ?? 'default'
    const path = `${projectPath(home.organization, place)}/devices/${encodeURIComponent(device)}`
    return await this.#transport.json<DeviceDetail>({ method: 'GET', path })
  }

  /** All of them, page by page; see {@linkcode Client.listDevices}. */
  async *list({ project, ...filters }: DeviceFilters): AsyncGenerator<Device, void, undefined> {
    const home = await this.#findHome()
    const place = project === undefined ? (this.#given.project ?? home.project) : project
    const path = `${place === null ? organizationPath(home.organization) : projectPath(home.organization, place)}/devices`
    let cursor: string | undefined
    do {
      const query = new URLSearchParams({ page_size: String(PAGE) })
      for (const [name, value] of Object.entries({ ...filters, cursor })) {
        if (value !== undefined && value !== null) query.set(name, String(value))
      }
      const page = await this.#transport.json<DeviceList>({ method: 'GET', path: `${path}?${query}` })
      yield* page.items
      cursor = page.next_cursor ?? undefined
    } while (cursor !== undefined)
  }

  /** Asked once; a question that failed is asked again. */
  #findHome(): Promise<Home> {
    this.#home ??= this.#askHome().catch((error: unknown) => {
      this.#home = undefined
      throw error
    })
    return this.#home
  }

  async #askHome(): Promise<Home> {
    const own = await this.#transport.json<WhoAmI>({ method: 'GET', path: '/api/whoami' })
    const [only, ...others] = own.organizations ?? []
    const alone = others.length === 0 ? only?.id : undefined
    const organization = this.#given.organization ?? own.client_id ?? alone
    if (organization !== undefined) return { organization, project: own.project_id, device: own.device_id }
    throw new ConfigurationError(
      'This key is good in several organizations. Name one: the option organization, or ROBOTRACE_ORG.',
    )
  }
}

/** The server works out how far the clock is off, unless the device knows better. */
function withClock(metrics: Heartbeat): Heartbeat {
  return metrics.clock_offset_ms == null ? { sent_at: new Date().toISOString(), ...metrics } : metrics
}

function organizationPath(organization: string): string {
  return `/api/v1/organizations/${encodeURIComponent(organization)}`
}

function projectPath(organization: string, project: string): string {
  return `${organizationPath(organization)}/projects/${encodeURIComponent(project)}`
}
