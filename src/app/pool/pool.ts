import { FINAL } from '../../domain/task.ts'
import { taskFolders } from '../../domain/task-paths.ts'
import { ORDER_WAIT_MS } from '../../domain/worker-protocol.ts'
import type { Plan } from '../../plan/plan.ts'
import { poolShape } from '../../plan/pool-shape.ts'
import { idleContainers } from '../container/idle-containers.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { makeSandbox, mirrorOf, type Recipe, type Sandbox, WAIT_MS } from './make-sandbox.ts'
import { type Pooled, poolBook } from './pool-book.ts'
import { forgetPooled, removePooled } from './pool-record.ts'

const MINUTE_MS = 60_000
/** Well before its worker gives up, so that an order always finds it. */
const AGE_MS = ORDER_WAIT_MS / 2
const LIMITS = { most: 20, ageMs: AGE_MS, idleMs: 60 * MINUTE_MS }
/** After the last change of a task: what is made ahead shall cost no task anything. */
const QUIET_MS = 300
const LEAVE_MS = 5000

type Member = Pooled & Sandbox
export type Claimed = Pick<Member, 'id' | 'until'> & { readonly giveBack: () => void }

type Input = {
  readonly deps: Pick<Deps, 'clock' | 'egress' | 'engines' | 'git' | 'installation' | 'log' | 'store'>
  /** True while no turn is being launched: members are made then, one after the other. */
  readonly isQuiet: () => boolean
  readonly shutdown: AbortSignal
  readonly onChange: () => void
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
    if (gone !== undefined) void discard(gone)
  })
  return {
    book,
    idle,
    discard,
    expire(): void {
      for (const member of book.expire(performance.now())) void discard(member)
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
  const { deps, shutdown, onChange } = input
  let timer: NodeJS.Timeout | undefined
  let making: Promise<void> | null = null
  const make = async (shape: string, recipe: Recipe): Promise<void> => {
    const id = deps.clock.newId()
    try {
      put({ ...(await makeSandbox(deps, recipe, id, shutdown)), shape })
      // It may be asked for no more.
      expire()
    } catch (error) {
      book.forget(shape)
      if (!shutdown.aborted) deps.log({ level: 'error', msg: 'pool', sandbox: id, error: String(error) })
      await discard({ id, engine: recipe.engine }, AbortSignal.timeout(shutdown.aborted ? LEAVE_MS : MINUTE_MS))
    }
  }
  const tend = () => {
    const next = book.missing(performance.now())
    if (next === undefined || making !== null || shutdown.aborted) return
    if (!input.isQuiet()) return touch()
    making = make(next.shape, next.recipe).finally(() => {
      making = null
      onChange()
      tend()
    })
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
      await making
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
    /** A member for a task of this plan, once; undefined where there is none that is just as it wants it. */
    claim(plan: Plan): Claimed | undefined {
      const shape = poolShape(plan)
      if (shape === undefined) return undefined
      for (;;) {
        const member = book.claim(shape, performance.now())
        if (member === undefined) return undefined
        idle.forget(member.id)
        if (member.mirror === mirrorOf(plan)) return { id: member.id, until: member.until, giveBack: () => put(member) }
        void discard(member)
      }
    },
    /** A task has come of which `size` more shall wait. */
    use(plan: Plan, size: number, recipe: Recipe): void {
      const shape = poolShape(plan)
      if (shape === undefined) return
      book.use(shape, recipe, size, performance.now())
      expire()
      touch()
    },
    /** A claimed one is a task's now. */
    settle: (id: string): void => void forgetPooled(deps.installation.folders, id).catch(() => {}),
    discard,
    counts: () => book.counts(performance.now()),
    busy(): boolean {
      const { waiting, wanted } = book.counts(performance.now())
      return waiting + wanted > 0 || making.busy()
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
