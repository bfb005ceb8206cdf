/**
 * RoboTrace: log what a robot did (video, sensors, actions, and what it takes to do it again) and read it
 * back. The same text runs on Node, Deno and Bun.
 *
 * @example
 * ```ts
 * import { Client } from '@robotrace/sdk'
 *
 * const client = new Client() // ROBOTRACE_API_KEY and ROBOTRACE_BASE_URL, or what `robotrace login` saved
 * await using episode = await client.startEpisode({ name: 'pick_and_place v3', request_uploads: ['video'] })
 * await episode.upload('video', './run.mp4')
 * ```
 *
 * @module
 */

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
export { Client } from './host/client.ts'
export { hostRuntime } from './host/runtime.ts'
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
