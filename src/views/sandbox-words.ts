import type { Event } from '../domain/event.ts'
import type { FreshReason } from '../domain/fresh-reason.ts'
import { formatDuration } from '../std/duration.ts'

/** Why a task began in a fresh sandbox, for a person. */
const REASONS: Readonly<Record<FreshReason, string>> = {
  fork: 'it is a fork',
  'named-workspace': 'its workspace is a folder that you named',
  'own-labels-or-limits': 'it has labels, mounts, limits or a name of its own',
  'waits-for-tasks': 'it waits for other tasks',
  'mounts-folder': 'it works on a folder itself',
  'published-port': 'it publishes a port',
  'shared-tree': 'its work tree is on a shared tree',
  'login-inside': "its container gets a login's file before it starts",
  'waits-in-queue': 'it waits in the queue',
  'first-of-its-kind': 'it is the first of its kind in ten minutes',
  'second-of-its-kind': 'it is the second of its kind in ten minutes; a further one gets a pre-started sandbox',
  'little-memory': 'less than 2 GiB of memory were available',
  'others-came-later': 'the pre-started sandboxes are of kinds that tasks used later',
  'could-not-be-made': "Berth could not pre-start one; the supervisor's log says why",
  'sandbox-ended': 'its pre-started sandbox had ended',
  'mirror-made-anew': "the repository's mirror was made anew",
  'not-ready-yet': 'none of its kind was ready yet',
}

type Sandbox =
  | { readonly kind: 'pre-started'; readonly waitedMs: number }
  | { readonly kind: 'fresh'; readonly reason: string }

/** In which sandbox a turn's last attempt began; undefined where its journal does not say. */
export const sandboxOf = (events: readonly Event[], turn: number): Sandbox | undefined => {
  const own = events.filter((event) => 'turn' in event && event.turn === turn)
  const started = own.findLast((event) => event.type === 'turn.started')
  if (started?.type === 'turn.started' && started.attempt > 1) return undefined
  const told = own.findLast((event) => event.type === 'sandbox.taken' || event.type === 'sandbox.fresh')
  if (told?.type === 'sandbox.taken') return { kind: 'pre-started', waitedMs: told.waitedMs }
  return told?.type === 'sandbox.fresh' ? { kind: 'fresh', reason: told.reason } : undefined
}

/** A reason of a newer Berth is told by its name. */
const reasonText = (reason: string): string =>
  Object.hasOwn(REASONS, reason) ? REASONS[reason as FreshReason] : reason

export const sandboxText = (sandbox: Sandbox): string =>
  sandbox.kind === 'pre-started'
    ? `pre-started; it had waited for ${formatDuration(sandbox.waitedMs, 2)}`
    : `fresh: ${reasonText(sandbox.reason)}`

/** The same for a span. */
export const sandboxAttributes = (sandbox: Sandbox): Readonly<Record<string, string | number>> =>
  sandbox.kind === 'pre-started'
    ? { 'berth.sandbox': 'pre-started', 'berth.sandbox.waited_ms': sandbox.waitedMs }
    : { 'berth.sandbox': 'fresh', 'berth.sandbox.reason': sandbox.reason }
