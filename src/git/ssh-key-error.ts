import { BerthError } from '../domain/errors.ts'

/** A private key that cannot be used at all. */
export const badKey = (why: string, hint?: string): BerthError =>
  new BerthError('bad-ssh-key', `--ssh-key: ${why}`, hint === undefined ? {} : { hint })
