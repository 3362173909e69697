import type { SupervisorSettings } from '../../config/supervisor-settings.ts'
import { onAbort } from '../../std/abort.ts'

export type QueueLimits = SupervisorSettings['queue']

/** A task whose turn shall run. `since`: ISO 8601, when the turn was queued. */
export type Candidate = {
  readonly id: string
  readonly priority: number
  readonly since: string
  readonly labels: Readonly<Record<string, string>>
  /** The login that the turn uses, as PROVIDER/NAME; `inside`: its tokens go into the container. */
  readonly login?: { readonly name: string; readonly inside: boolean }
}

type Waiting = { readonly candidate: Candidate; readonly begin: () => void }

const isBefore = (a: Candidate, b: Candidate): boolean => {
  if (a.priority !== b.priority) return a.priority > b.priority
  if (a.since !== b.since) return a.since < b.since
  return a.id < b.id
}

/** The limits by label that a task counts for. */
const groupsOf = ({ labels }: Candidate, limits: QueueLimits): readonly (readonly [group: string, most: number])[] =>
  Object.entries(limits.labels).flatMap(([key, most]) => {
    const at = key.indexOf('=')
    const value = labels[at < 0 ? key : key.slice(0, at)]
    if (value === undefined || (at >= 0 && value !== key.slice(at + 1))) return []
    return [[at < 0 ? `${key}=${value}` : key, most] as const]
  })

const tally = (running: Iterable<Candidate>, limits: QueueLimits) => {
  let all = 0
  const groups = new Map<string, number>()
  /** Whether the tokens of each login that is in use are in a container. */
  const logins = new Map<string, boolean>()
  const add = (candidate: Candidate) => {
    all += 1
    if (candidate.login !== undefined)
      logins.set(candidate.login.name, candidate.login.inside || logins.get(candidate.login.name) === true)
    for (const [group] of groupsOf(candidate, limits)) groups.set(group, (groups.get(group) ?? 0) + 1)
  }
  for (const candidate of running) add(candidate)
  return {
    add,
    isFull: () => all >= limits.concurrency,
    /** Tokens in a container are refreshed there: no other turn may use them meanwhile. */
    sharesLogin: ({ login }: Candidate) =>
      login === undefined || !logins.has(login.name) || !(login.inside || logins.get(login.name)),
    fits: (candidate: Candidate) =>
      groupsOf(candidate, limits).every(([group, most]) => (groups.get(group) ?? 0) < most),
  }
}

/**
 * Who may run: as many turns at once as the limits allow, the others by priority and then by the time they were queued.
 * A task that a label holds back does not hold back those behind it. `holds` is false for one that waits for a person.
 */
export const turnQueue = (input: { readonly limits: () => QueueLimits; readonly holds: (id: string) => boolean }) => {
  const running = new Map<string, Candidate>()
  const waiting: Waiting[] = []
  const takenBy = (limits: QueueLimits) =>
    tally(
      [...running.values()].filter(({ id }) => input.holds(id)),
      limits,
    )

  /** Lets in whoever fits. To be called when a limit may have been lifted or a place has become free. */
  const admit = (): void => {
    if (waiting.length === 0) return
    const limits = input.limits()
    const taken = takenBy(limits)
    for (let i = 0; i < waiting.length && !taken.isFull(); ) {
      const { candidate, begin } = waiting[i] as Waiting
      if (!taken.fits(candidate) || !taken.sharesLogin(candidate)) {
        i += 1
        continue
      }
      waiting.splice(i, 1)
      running.set(candidate.id, candidate)
      taken.add(candidate)
      begin()
    }
  }

  return {
    admit,
    /** Resolves when the turn may run; rejects with the signal. */
    async enter(candidate: Candidate, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted()
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      const entry = { candidate, begin: resolve }
      const behind = waiting.findIndex((other) => isBefore(candidate, other.candidate))
      waiting.splice(behind < 0 ? waiting.length : behind, 0, entry)
      using _ = onAbort(signal, () => {
        const at = waiting.indexOf(entry)
        if (at >= 0) waiting.splice(at, 1)
        reject(signal.reason)
      })
      admit()
      await promise
    },
    /** True where a turn that came now, after these, would run at once. */
    mayBegin(candidate: Candidate, before: readonly Candidate[] = []): boolean {
      if (waiting.length > 0) return false
      const limits = input.limits()
      const taken = takenBy(limits)
      for (const one of before) taken.add(one)
      return !taken.isFull() && taken.fits(candidate) && taken.sharesLogin(candidate)
    },
    /** A turn that runs already, whatever the limits say. */
    adopt: (candidate: Candidate): void => void running.set(candidate.id, candidate),
    /** Gives the place to the next. Idempotent. */
    leave(id: string): void {
      if (running.delete(id)) admit()
    },
    /** Place in the queue, from 1; null for a task that is not in it. */
    position(id: string): number | null {
      const at = waiting.findIndex(({ candidate }) => candidate.id === id)
      return at < 0 ? null : at + 1
    },
  }
}

export type TurnQueue = ReturnType<typeof turnQueue>
