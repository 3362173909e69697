/** Why the gateway got no connection. `address`: the host may not be reached; `parent`: the company's proxy refused. */
export type DialFailure = 'address' | 'unknown-name' | 'refused' | 'timeout' | 'parent'

/** A connection that could not be made. The message is one sentence that names the host. */
export class DialError extends Error {
  override readonly name = 'DialError'
  readonly kind: DialFailure

  constructor(kind: DialFailure, message: string) {
    super(message)
    this.kind = kind
  }
}
