/**
 * Capsules and packages: the software of a fleet. Types only, like the rest of the wire.
 *
 * @module
 */

/** Software, a description of hardware, or a configuration. */
export type CapsuleType = 'sw' | 'hw' | 'config'

/** An archive in one version. */
export interface Capsule {
  /** `cap_…`. */
  id: string
  /** Together with the version unique in the project. */
  name: string
  /** As it was given. */
  version: string
  /** What is inside. */
  type: CapsuleType
  /** Bytes. */
  size_bytes: number
  /** `sha256:` and 64 hexadecimal digits. */
  checksum: string
  /** What the file was called where it came from. */
  file_name: string
  /** ISO 8601, UTC. */
  created_at: string
  /** Account, `acc_…`. */
  created_by: string
}

/** Query of `GET …/capsules`. */
export interface ListCapsules {
  /** Only versions of this one. */
  name?: string
  /** Only those. */
  type?: CapsuleType
  /** 1 unless said. */
  page?: number
  /** 20 unless said, at most 100. */
  page_size?: number
  /** Instead of `page`: `next_cursor` of the page before, unchanged. */
  cursor?: string
}

/** Answer (200) of `GET …/capsules`. */
export interface CapsuleList {
  /** Newest first. */
  items: Capsule[]
  /** How many fit. */
  total: number
  /** The one that was asked for. With a cursor: null. */
  page: number | null
  /** At most so many items. */
  page_size: number
  /** For the page behind this one; null: this is the last. */
  next_cursor: string | null
}

/** Answer (201) of `POST …/capsules`. */
export interface UploadedCapsule extends Capsule {
  /** Always null: the file came with the request. */
  upload_url: null
  /** Always `ready`: its bytes are on the disk. */
  status: 'ready'
}

/** Answer (200) of `DELETE …/capsules/{id}`. */
export interface RemovedCapsule {
  /** `cap_…`. */
  id: string
  /** ISO 8601, UTC. */
  removed_at: string
}

/** Body of `POST …/packages`. */
export interface CreatePackage {
  /** 1 to 120 characters. */
  name: string
  /** At most 2,000 characters. */
  description?: string | null
  /** `cap_…`, each once, in the order in which they are installed; 1 to 100. */
  capsule_ids: string[]
  /** Which configuration goes with them, at most 64 characters. */
  configuration_id?: string | null
}

/** Capsules that are installed together. */
export interface Package {
  /** `pkg_…`. */
  id: string
  /** How it is called. */
  name: string
  /** Empty when nobody wrote one. */
  description: string
  /** In the order in which they are installed. */
  capsules: { id: string; name: string; version: string }[]
  /** Which configuration goes with them. */
  configuration_id: string | null
  /** ISO 8601, UTC. */
  created_at: string
}

/** Query of `GET …/packages`. */
export interface ListPackages {
  /** 1 unless said. */
  page?: number
  /** 20 unless said, at most 100. */
  page_size?: number
  /** Instead of `page`: `next_cursor` of the page before, unchanged. */
  cursor?: string
}

/** Answer (200) of `GET …/packages`. */
export interface PackageList {
  /** Newest first. */
  items: Package[]
  /** How many there are. */
  total: number
  /** The one that was asked for. With a cursor: null. */
  page: number | null
  /** At most so many items. */
  page_size: number
  /** For the page behind this one; null: this is the last. */
  next_cursor: string | null
}
