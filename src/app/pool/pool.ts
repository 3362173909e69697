import { statSync } from 'node:fs'
import { FINAL } from '../../domain/task.ts'
import { taskFolders } from '../../domain/task-paths.ts'
import { ORDER_WAIT_MS } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { launch } from '../../launch/launch.ts'
import type { Plan } from '../../plan/plan.ts'
import { planAhead, poolShape } from '../../plan/pool-shape.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { containerKeeper } from '../container/container-keeper.ts'
import { follow } from '../container/follow-log.ts'
import type { Deps } from '../deps.ts'
import type { LiveTask } from '../task/live-task.ts'
import { type Pooled, poolBook } from './pool-book.ts'
import { forgetPooled, notePooled, removePooled } from './pool-record.ts'

const MINUTE_MS = 60_000
/** Well before its worker gives up, so that an order always finds it. */
const AGE_MS = ORDER_WAIT_MS / 2
/** A task that has one may be held up before its launch; then its worker is not relied on to the last second. */
const WAIT_MS = ORDER_WAIT_MS - MINUTE_MS
const LIMITS = { most: 20, ageMs: AGE_MS, idleMs: 60 * MINUTE_MS }
/** After the last change of a task: what is made ahead shall cost no task anything. */
const QUIET_MS = 300
const READY_MS = MINUTE_MS
const LEAVE_MS = 5000

/** What members of a shape are made by. */
type Recipe = { readonly plan: (id: string) => Plan; readonly engine: Engine }
type Member = Pooled & {
  readonly engine: Engine
  readonly container: string
  /** The mirror's folder, as it is mounted; null without one. */
  readonly mirror: string | null
  /** When its worker may have given up, and its first frame with its time, in ms. */
  readonly until: number
  readonly frame: number
  readonly said: number
}
export type Claimed = Pick<Member, 'id' | 'until'> & { readonly giveBack: () => void }

/** Which folder the mirror is: one that was removed and made anew has the same name. Empty where there is none. */
const mirrorOf = ({ source }: Plan): string | null => {
  if (source.kind !== 'clone') return null
  const stat = statSync(source.mirror, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.ino} ${stat.birthtimeMs}`
}

/** No turn of it is being launched, gathered or cleaned up after. */
export const isQuiet = ({ record: { state, phase } }: Pick<LiveTask, 'record'>): boolean =>
  !FINAL.has(state) && (state !== 'running' || phase === 'agent')

/** The worker's first word: from then on it waits for its order. */
const helloOf = async (engine: Engine, container: string, signal: AbortSignal) => {
  for await (const { frames } of follow({ engine, container, known: 0, since: null, signal })) {
    const frame = frames[0]?.frame
    if (frame?.k === 'hello') return { frame: frame.n, said: Math.min(frame.t, Date.now()) }
    break
  }
  throw new Error('its worker did not come up')
}

/**
 * Sandboxes that are started ahead of the tasks that will have them: each under a task's id of its own, without a prompt,
 * a key or an order. What a shape is like is learnt from its last task. Nothing of it outlives the supervisor.
 */
export const taskPool = (input: {
  readonly deps: Pick<Deps, 'clock' | 'egress' | 'git' | 'installation' | 'log'>
  /** True while no turn is being launched: members are made then, one after the other. */
  readonly isQuiet: () => boolean
  readonly leaving: AbortSignal
  readonly onChange: () => void
}) => {
  const { deps, leaving, onChange } = input
  const book = poolBook<Member, Recipe>(LIMITS)
  let timer: NodeJS.Timeout | undefined
  let making: Promise<void> | null = null

  const discard = async ({ id, engine }: Pick<Member, 'id' | 'engine'>, signal = AbortSignal.timeout(MINUTE_MS)) => {
    keeper.forget(id)
    try {
      await removePooled(deps, { id, engine, folder: taskFolders(deps.installation.folders, id).task }, signal)
    } catch (error) {
      // What stays is removed by the next supervisor.
      deps.log({ level: 'error', msg: 'pool', sandbox: id, error: String(error) })
    }
    onChange()
  }
  const expire = () => {
    for (const member of book.expire(performance.now())) void discard(member)
  }
  /** Its time is over, or its container or worker ended. */
  const keeper = containerKeeper((id) => {
    const gone = book.drop(id)
    if (gone !== undefined) void discard(gone)
  })
  const put = (member: Member) => {
    book.put(member)
    const { id, container, engine, frame, said, until } = member
    keeper.keep({ id, container, engine, until: until - WAIT_MS + AGE_MS, frame, since: said })
  }

  const make = async (shape: string, { plan: planFor, engine }: Recipe): Promise<void> => {
    const id = deps.clock.newId()
    try {
      const plan = planAhead(planFor(id))
      const mirror = mirrorOf(plan)
      if (mirror === '') throw new Error('its mirror is not there')
      await notePooled(deps.installation.folders, id, plan.engine)
      const signal = AbortSignal.any([leaving, AbortSignal.timeout(READY_MS)])
      const nothing = {
        world: {},
        prompt: '',
        key: null,
        env: {},
        adopted: null,
        onContainer: () => {},
        emit: () => {},
      }
      const mirrorsDir = `${deps.installation.folders.state}/mirrors`
      const { git, egress } = deps
      const { container } = await launch({ ...nothing, plan, engine, git, egress, mirrorsDir, signal })
      const since = performance.now()
      const until = Date.now() + WAIT_MS
      const hello = await helloOf(engine, container, signal)
      faultPoint('pool.made')
      leaving.throwIfAborted()
      put({ id, shape, engine, container, mirror, since, until, ...hello })
      // It may be asked for no more.
      expire()
    } catch (error) {
      book.forget(shape)
      if (!leaving.aborted) deps.log({ level: 'error', msg: 'pool', sandbox: id, error: String(error) })
      await discard({ id, engine }, AbortSignal.timeout(leaving.aborted ? LEAVE_MS : MINUTE_MS))
    }
  }
  const tend = () => {
    const next = book.missing(performance.now())
    if (next === undefined || making !== null || leaving.aborted) return
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
    if (leaving.aborted || book.missing(performance.now()) === undefined) return
    timer = setTimeout(tend, QUIET_MS)
  }

  return {
    touch,
    /** A member for a task of this plan, once; undefined where there is none that is just as it wants it. */
    claim(plan: Plan): Claimed | undefined {
      const shape = poolShape(plan)
      if (shape === undefined) return undefined
      for (;;) {
        const member = book.claim(shape, performance.now())
        if (member === undefined) return undefined
        keeper.forget(member.id)
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
      return waiting + wanted > 0 || making !== null
    },
    /** Removes every member; after `leaving`. */
    async close(): Promise<void> {
      clearTimeout(timer)
      keeper.close()
      await making
      const limit = AbortSignal.timeout(LEAVE_MS)
      await Promise.all(book.clear().map((member) => discard(member, limit)))
    },
  }
}
