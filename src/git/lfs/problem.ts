/** Why objects of Git LFS did not come or go, in words for people. */
export class LfsProblem extends Error {
  /** What a push calls it. */
  readonly kind: 'rejected' | 'denied' | 'unreachable'

  constructor(message: string, kind: LfsProblem['kind'] = 'rejected') {
    super(message)
    this.kind = kind
  }
}
