/** How a task's requests reach its model, without the key. */
export type ModelAccess = {
  /**
   * Upstream base URL. Its path is part of what the container asks for: with https://host/v1 the container's base URL
   * is http://127.0.0.1:PORT/v1, and a request for /v1/x goes to https://host/v1/x; paths not below /v1 are refused.
   */
  readonly upstream: string
  /** The header in which the model expects its key. */
  readonly header: 'authorization-bearer' | 'x-api-key' | 'x-goog-api-key'
  /** The placeholder that the container has; only a request that carries it gets the real key. */
  readonly placeholder: string
  /** Every request must carry the placeholder, also without a key: strangers can reach the forwarder's port. */
  readonly guarded?: boolean
  /** This many failures of the model in a row end the turn. Absent: the CLI decides when to give up. */
  readonly failures?: number
  /**
   * The paths below the upstream's that pass; one that ends with * stands for all that begin so. Absent: all. A login's
   * token can do more for its owner than its agent needs.
   */
  readonly paths?: readonly string[]
  /** A tunnel to the model's own host ends at the gateway, and its requests go the model's way. */
  readonly intercept?: {
    /** Paths of that host beside the model's that pass for GET. All else there is answered 404. */
    readonly paths: readonly string[]
  }
}
