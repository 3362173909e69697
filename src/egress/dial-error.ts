/**
 * Why the gateway got no connection. `address`: the host may not be reached; `private`: a rule with that word would let it
 * be; `parent`: the company's proxy refused.
 */
export type DialFailure = 'address' | 'private' | 'unknown-name' | 'refused' | 'timeout' | 'parent'

/** A connection that could not be made. The message is one sentence that names the host. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly kind: DialFailure

  constructor(kind: DialFailure, message: string) {
    super(message)
    this.kind = kind
  }
}
