import type { FreshReason } from '../../domain/fresh-reason.ts'
import { SPARES } from '../../domain/spare-limits.ts'
import { FINAL } from '../../domain/task.ts'
import { taskFolders } from '../../domain/task-paths.ts'
import { ORDER_WAIT_MS } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { poolShape, whyNoShape } from '../../plan/pool-shape.ts'
import { idleContainers } from '../container/idle-containers.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { makeSandbox, mirrorOf, type Recipe, type Sandbox, WAIT_MS } from './make-sandbox.ts'
import { type Pooled, poolBook } from './pool-book.ts'
import { forgetPooled, removePooled } from './pool-record.ts'

const MINUTE_MS = 60_000
/** Well before its worker gives up, so that an order always finds it. */
const AGE_MS = ORDER_WAIT_MS / 2
const LIMITS = {
  asked: { most: 20, idleMs: 60 * MINUTE_MS },
  spares: { most: SPARES.most, idleMs: SPARES.withinMs },
  ageMs: AGE_MS,
}
/** One that is let go so long before its time has ended by itself. */
const EARLY_MS = 1000
/** After the last change of a task: what is made ahead shall cost no task anything. */
const QUIET_MS = 300
const LEAVE_MS = 5000

type Member = Pooled & Sandbox
export type Claimed = Pick<Member, 'id' | 'until'> & {
  /** How long it waited, in ms. */
  readonly waitedMs: number
  readonly giveBack: () => void
}

type Input = {
  readonly deps: Pick<Deps, 'clock' | 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store'>
  /** True while no turn is being launched: members are made then, one after the other. */
  readonly isQuiet: () => boolean
  readonly shutdown: AbortSignal
  readonly onChange: () => void
  /** In bytes. */
  readonly availableMemory?: () => number
}

/** No turn of it is being launched, gathered or cleaned up after. */
export const isQuiet = ({ record: { state, phase } }: Pick<LiveTask, 'record'>): boolean =>
  !FINAL.has(state) && (state !== 'running' || phase === 'agent')

/** The sandboxes of the pool: each goes when its time is over, or its container or worker ends. */
const members = ({ deps, onChange }: Input) => {
  const book = poolBook<Member, Recipe>(LIMITS)
  const discard = async ({ id, engine }: Pick<Member, 'id' | 'engine'>, signal = AbortSignal.timeout(MINUTE_MS)) => {
    idle.forget(id)
    try {
      await removePooled(deps, { id, engine, folder: taskFolders(deps.installation.folders, id).task }, signal)
    } catch (error) {
      // What stays is removed by the next supervisor.
      deps.log({ level: 'error', msg: 'pool', sandbox: id, error: String(error) })
    }
    onChange()
  }
  const idle = idleContainers((id) => {
    const gone = book.drop(id)
    if (gone === undefined) return
    // A spare that ends again and again would keep the supervisor busy; the next task of its shape asks for another.
    const isEarly = performance.now() - gone.since < AGE_MS - EARLY_MS
    if (isEarly && book.isSpare(gone.shape)) book.trouble(gone.shape, 'sandbox-ended')
    void discard(gone)
  })
  return {
    book,
    idle,
    discard,
    /** Resolves when those are gone that nobody shall wait for any more. */
    async expire(): Promise<void> {
      await Promise.all(book.expire(performance.now()).map((member) => discard(member)))
    },
    put(member: Member): void {
      book.put(member)
      const { id, container, engine, frame, said, until } = member
      idle.watch({ id, container, engine, until: until - WAIT_MS + AGE_MS, frame, since: said })
    },
  }
}

/** Makes the sandboxes that are missing, one after the other, while no turn is being launched. */
const maker = (input: Input, { book, discard, expire, put }: ReturnType<typeof members>) => {
  const { deps, shutdown, onChange, availableMemory = () => process.availableMemory() } = input
  let timer: NodeJS.Timeout | undefined
  let making: { readonly over: Promise<void>; readonly cancel: () => void } | null = null
  const make = async (shape: string, recipe: Recipe, cancelled: AbortSignal): Promise<void> => {
    const id = deps.clock.newId()
    try {
      put({ ...(await makeSandbox(deps, recipe, id, cancelled)), shape })
      // It may be asked for no more.
      await expire()
    } catch (error) {
      if (!cancelled.aborted) {
        book.trouble(shape, 'could-not-be-made')
        deps.log({ level: 'error', msg: 'pool', sandbox: id, error: String(error) })
      }
      await discard({ id, engine: recipe.engine }, AbortSignal.timeout(shutdown.aborted ? LEAVE_MS : MINUTE_MS))
    }
  }
  const next = () => {
    const missing = book.missing(performance.now())
    if (missing === undefined || missing.asked || availableMemory() >= SPARES.memoryBytes) return missing
    book.trouble(missing.shape, 'little-memory')
    return book.missing(performance.now(), true)
  }
  const tend = () => {
    if (making !== null || shutdown.aborted || book.missing(performance.now()) === undefined) return
    if (!input.isQuiet()) return touch()
    const missing = next()
    if (missing === undefined) return
    const cancel = new AbortController()
    const over = make(missing.shape, missing.recipe, AbortSignal.any([shutdown, cancel.signal])).finally(() => {
      making = null
      onChange()
      tend()
    })
    making = { over, cancel: () => cancel.abort(new Error('nobody wants it any more')) }
  }
  /** Something has happened to a task: the pool waits until it is quiet again. */
  const touch = () => {
    clearTimeout(timer)
    if (shutdown.aborted || book.missing(performance.now()) === undefined) return
    timer = setTimeout(tend, QUIET_MS)
  }
  return {
    touch,
    busy: () => making !== null,
    /** Resolves when no sandbox is being made any more; after `shutdown`. */
    async close(): Promise<void> {
      clearTimeout(timer)
      await making?.over
    },
    /** Ends what is being made, and removes it. */
    async cancel(): Promise<void> {
      clearTimeout(timer)
      making?.cancel()
      await making?.over
    },
  }
}

/**
 * Sandboxes that are started ahead of the tasks that will have them: each under a task's id of its own, without a prompt,
 * a key or an order. What a shape is like is learnt from its last task. Nothing of it outlives the supervisor.
 */
export const taskPool = (input: Input) => {
  const { deps } = input
  const all = members(input)
  const { book, idle, discard, expire, put } = all
  const { touch, ...making } = maker(input, all)

  return {
    touch,
    /** A member for a task of this plan, once; else why there is none that is just as it wants it. */
    claim(plan: Plan): Claimed | FreshReason {
      const shape = poolShape(plan)
      if (shape === undefined) return whyNoShape(plan) ?? 'first-of-its-kind'
      let why: FreshReason | undefined
      for (;;) {
        const now = performance.now()
        const member = book.claim(shape, now)
        if (member === undefined) return why ?? book.why(shape, now)
        idle.forget(member.id)
        const { id, until, since } = member
        if (member.mirror === mirrorOf(plan)) return { id, until, waitedMs: now - since, giveBack: () => put(member) }
        why = 'mirror-made-anew'
        void discard(member)
      }
    },
    /** True where a task of this plan would get one. */
    fits(plan: Plan): boolean {
      const shape = poolShape(plan)
      return shape !== undefined && book.fits(shape, performance.now())
    },
    /** A task has come. `size`: how many more of its kind shall wait; undefined: it does not say. */
    use(plan: Plan, size: number | undefined, recipe: Recipe): void {
      const shape = poolShape(plan)
      if (shape === undefined) return
      book.use(shape, recipe, size, performance.now())
      void expire()
      touch()
    },
    /** A claimed one is a task's now. */
    settle: (id: string): void => void forgetPooled(deps.installation.folders, id).catch(() => {}),
    discard,
    /** `waiting`: all that wait, `spares`: those of them that nobody asked for; `wanted`: how many shall wait. */
    counts: () => book.counts(performance.now()),
    /** Spares keep no supervisor. */
    busy: () => book.asked(performance.now()) > 0 || making.busy(),
    /** Removes all that wait, and forgets what is to wait; resolves with how many have gone. */
    async clear(): Promise<number> {
      const gone = book.clear()
      await Promise.all([making.cancel(), ...gone.map((member) => discard(member))])
      return gone.length
    },
    /** Removes every member; after `shutdown`. */
    async close(): Promise<void> {
      idle.close()
      await making.close()
      const limit = AbortSignal.timeout(LEAVE_MS)
      await Promise.all(book.clear().map((member) => discard(member, limit)))
    },
  }
}
