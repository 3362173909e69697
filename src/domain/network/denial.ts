/** Requests to a host that the rules of a task did not let pass. */
export type Denial = {
  /** Host and port are null for all hosts together that the turn named beyond the first fifty. */
  readonly host: string | null
  readonly port: number | null
  readonly reason: string
  /** The target for `berth allow` that would let it pass; null where none does. */
  readonly allow: string | null
  /** How many there were in the turn so far. */
  readonly count: number
}
