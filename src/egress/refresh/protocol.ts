import type { RefreshLogin } from '../egress.ts'

/** What the supervisor writes to a refresher's stdin, as JSON. No secret stands on a command line. */
export type RefreshOrder = Parameters<RefreshLogin>[0]

/**
 * What a refresher says on its stdout, a line each. asked: the request is under way. answered: the answer has come, and is
 * not on the disk. stored: it is, or was before.
 */
export type RefreshWord = 'asked' | 'answered' | 'stored' | `failed ${string}`

export const REFRESH_WORDS: ReadonlySet<string> = new Set(['asked', 'answered', 'stored'])

/** A refresher waits so long for another one's lock, and for the issuer. */
export const LOCK_MS = 75_000
export const ISSUER_MS = 60_000
