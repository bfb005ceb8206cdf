/** Answer (200) of `GET /api/version`. */
export interface ServerVersion {
  /** Of the server: `0.2.0`. */
  version: string
  /** Of its database. */
  schema: number
  /** The oldest client that it was tried with; older ones are answered all the same. */
  client_min: string
}
