import { type DeviceFilters, Fleet } from './fleet.ts'
import { type HeartbeatOptions, type Heartbeats, startHeartbeats } from './heartbeats.ts'
import type { Transport } from './transport.ts'
import type { Device, DeviceDetail, Heartbeat, HeartbeatAnswer } from './wire.ts'

/** What a {@linkcode Client} does with devices: as one of them, or as somebody who looks after them. */
export class DeviceClient {
  readonly #fleet: Fleet

  /** Made by the client. */
  protected constructor(transport: Transport, place: { organization?: string; project?: string }) {
    this.#fleet = new Fleet(transport, place)
  }

  /**
   * Says that this device is there, and how it is, with the key that is pinned to it. The time of sending and the
   * SDK's version go along.
   *
   * @throws ConfigurationError for a key that is pinned to no device; APIError; TransportError
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const { next_in_s } = await new Client().heartbeat({ cpu_usage: 31.5, disk_usage: 71.2, backlog_episodes: 2 })
   * ```
   */
  heartbeat(metrics: Heartbeat = {}): Promise<HeartbeatAnswer> {
    return this.#fleet.heartbeat(metrics)
  }

  /**
   * Goes on saying so until it is disposed. Nothing it meets is thrown into the program.
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * using _beats = new Client().startHeartbeats({ metrics: () => ({ backlog_episodes: queue.length }) })
   * declare const queue: string[]
   * ```
   */
  startHeartbeats(options: HeartbeatOptions = {}): Heartbeats {
    return startHeartbeats((metrics) => this.#fleet.heartbeat(metrics), options)
  }

  /**
   * All devices that fit, by name; pages are fetched as they are needed.
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * for await (const { name, metrics } of new Client().listDevices({ status: 'offline' })) console.log(name, metrics)
   * ```
   */
  listDevices(filters: DeviceFilters = {}): AsyncGenerator<Device, void, undefined> {
    return this.#fleet.list(filters)
  }

  /**
   * Reads one device, named by its name or id, of the client's project, else the key's own, else `default`.
   *
   * @throws NotFoundError when this key cannot see such a device
   *
   * @example
   * ```ts
   * import { Client } from '@robotrace/sdk'
   *
   * const { status, current_session_id } = await new Client().getDevice('arm-7')
   * ```
   */
  getDevice(device: string, options: { project?: string } = {}): Promise<DeviceDetail> {
    return this.#fleet.get(device, options.project)
  }
}
