/** How a client is made. What is left out comes from the environment, then from the credentials file. */
export interface ClientOptions {
  /** The key. Default: `ROBOTRACE_API_KEY`, then `REROBOTS_API_TOKEN`, then the saved profile. */
  api_key?: string
  /** The deployment, with a path prefix if it has one. Default: `ROBOTRACE_BASE_URL`, then the saved profile. */
  base_url?: string
  /**
   * Slug or id of the organization to act in: for personal keys and API tokens, which are good for every one of
   * their user's. Default: `ROBOTRACE_ORG`.
   */
  organization?: string
  /** Slug or id of the project: where new episodes go. Default: `ROBOTRACE_PROJECT`, else the key's own, else `default`. */
  project?: string
  /** A profile of the credentials file, put before the environment. Default: `default`, put after it. */
  profile?: string
  /** Carries the JSON calls, downloads, and uploads of bytes and Blobs. Default: the global one. */
  fetch?: typeof fetch
  /**
   * Prints the link to each new episode: true always, false never. Default: on a terminal, unless
   * `ROBOTRACE_QUIET` is 1, true or yes.
   */
  verbose?: boolean
  /** Longest wait for the answer of a JSON call, seconds. Default 30. */
  timeout_s?: number
  /** Longest silence during an upload, seconds. Default 600. */
  upload_timeout_s?: number
}
