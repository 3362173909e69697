import { type Parsed, parsed, unparsed } from '../std/parsed.ts'

/**
 * How a caller outside gets a connection into a sandbox. The worker parks a connection at its gateway's socket. For each
 * caller the gateway writes a line with a token and a target on it. The worker connects to the target, then to the
 * gateway with the token, and the gateway joins that connection with the caller's.
 */
export const DIAL_PROTOCOL = 'berth-dial'

/** The protocol of a caller's connection to the supervisor; the bytes are those of `carryConnection`. */
export const FORWARD_PROTOCOL = 'berth-forward'

/** Paths at the gateway's socket. The token is the next segment; after `refuse` the reason follows, a WorkerRefusal. */
export const DIAL_PATHS = { park: '/.berth/park', accept: '/.berth/accept/', refuse: '/.berth/refuse/' } as const

/**
 * What a caller wants to be connected to: a port, the agent's terminal, or a program that the worker starts for it. The
 * last two speak the frames of `exec-frame.ts`.
 */
export type DialTarget =
  | { readonly kind: 'port'; readonly port: number }
  | { readonly kind: 'terminal' }
  | { readonly kind: 'program' }

export const formatDialTarget = (target: DialTarget): string =>
  target.kind === 'port' ? `port:${target.port}` : target.kind

/** A later version may name other targets: a worker refuses those that it does not know. */
export const parseDialTarget = (text: string): Parsed<DialTarget> => {
  if (text === 'terminal' || text === 'program') return parsed({ kind: text })
  const [, digits = ''] = /^port:([1-9]\d{0,4})$/.exec(text) ?? []
  const port = Number(digits)
  return port > 0 && port <= 65_535 ? parsed({ kind: 'port', port }) : unparsed('no target that this version knows')
}

/** Why a worker gives no connection: nobody listens there, the connection failed, it does not know such a target. */
export const WORKER_REFUSALS = ['closed', 'failed', 'unknown'] as const
export type WorkerRefusal = (typeof WORKER_REFUSALS)[number]

/** Why a caller gets no connection: besides, no worker waits or answers, there are too many callers, no turn runs. */
export const DIAL_FAILURES = [...WORKER_REFUSALS, 'silent', 'crowded', 'no-turn'] as const
export type DialFailure = (typeof DIAL_FAILURES)[number]
