/**
 * RoboTrace for browsers and other places with Web APIs alone: no credentials file, no environment, no
 * paths. Give key, address and Blobs.
 *
 * @example
 * ```ts
 * import { Client } from '@robotrace/sdk/web'
 *
 * const client = new Client({ api_key, base_url: 'https://robotrace.example.org' })
 * await client.logEpisode({ name: 'teleop', video: file })
 * declare const api_key: string, file: File
 * ```
 *
 * @module
 */

export { Client } from './client.ts'
export type { ClientOptions } from './client-options.ts'
export { DeviceClient } from './device-client.ts'
export {
  type DeviceLoginEnd,
  DeviceLoginError,
  type DeviceLoginOptions,
  startDeviceLogin,
  type WaitOptions,
  waitForApproval,
} from './device-login.ts'
export { type EnrollOptions, enrollDevice } from './enroll-device.ts'
export type { LogOptions } from './episode-log.ts'
export type { Episode } from './episodes.ts'
export {
  APIError,
  type APIErrorDetails,
  AuthError,
  ConfigurationError,
  ConflictError,
  NotFoundError,
  RateLimitError,
  RobotraceError,
  ServerError,
  TransportError,
  ValidationError,
} from './errors.ts'
export type { DeviceFilters } from './fleet.ts'
export type { HeartbeatOptions, Heartbeats } from './heartbeats.ts'
export type { FinalizeOptions } from './outcome.ts'
export { type OwnKeyOptions, revokeOwnKey, whoami } from './own-key.ts'
export type { DownloadOptions } from './read-episodes.ts'
export type { LogEpisode } from './record-episode.ts'
export type { RequestOptions } from './request.ts'
export {
  type Answer,
  type Profile,
  type PutRequest,
  type Runtime,
  type UploadBody,
  type UploadProgress,
  webRuntime,
} from './runtime.ts'
export type { Method } from './transport.ts'
export type { UploadOptions, UploadSource } from './uploads.ts'
export { VERSION } from './version.ts'
export type * from './wire.ts'
