import type { TurnEvent } from '../../domain/event.ts'
import type { FreshReason } from '../../domain/fresh-reason.ts'
import type { TaskRequest } from '../../domain/request.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Plan } from '../../plan/plan.ts'
import { whyNoShape } from '../../plan/pool-shape.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import type { Recipe } from '../pool/make-sandbox.ts'
import type { Claimed } from '../pool/pool.ts'
import type { Tasks } from '../schedule/tasks.ts'
import { labelsOf } from './seed-of.ts'

/** What the journal says of the sandbox that a task begins in. */
export type SandboxEvent = Extract<TurnEvent, { type: 'sandbox.fresh' | 'sandbox.taken' }> & { readonly turn: number }

type Input = {
  readonly deps: Pick<Deps, 'clock'>
  readonly tasks: Pick<Tasks, 'mayBegin' | 'pool'>
  readonly request: TaskRequest
  readonly task: string
  /** The task has its own labels, mounts or limits: Berth starts no sandbox ahead for it. */
  readonly own: boolean
  readonly plan: Plan
  /** The same plan for a task of another id, and without anything of this task. */
  readonly planAs: (id: string) => Plan
  readonly recipe: Recipe
  readonly make: (plan: Plan, told: readonly SandboxEvent[]) => Promise<TaskRecord>
}

/** The journal's word for a task that gets a fresh sandbox. None for one that asks for no other, or has no container. */
export const freshSandbox = (
  { pool }: Pick<TaskRequest, 'pool'>,
  { isolation }: Pick<Plan, 'isolation'>,
  reason: FreshReason,
): readonly SandboxEvent[] => (pool === 0 || isolation === 'host' ? [] : [{ type: 'sandbox.fresh', turn: 1, reason }])

/** A new task as the queue will have it. */
export const candidateOf = ({ deps, request, task }: Pick<Input, 'deps' | 'request' | 'task'>) => ({
  ...{ id: task, priority: request.priority, labels: labelsOf(request) },
  since: deps.clock.now().toISOString(),
})

/** A sandbox for the task, or why it gets none. */
const claim = ({ deps, tasks, request, task, own, plan }: Input): Claimed | FreshReason => {
  const never = whyNoShape(plan)
  if (never !== undefined) return never
  if (own) return 'own-labels-or-limits'
  // A sandbox would wait for the other tasks, too.
  if (request.after !== undefined) return 'waits-for-tasks'
  return tasks.mayBegin(candidateOf({ deps, request, task })) ? tasks.pool.claim(plan) : 'waits-in-queue'
}

/** The sandbox returns to the pool if the task already exists, and is discarded on an error. */
const take = async ({ tasks: { pool }, planAs, recipe, make }: Input, claimed: Claimed): Promise<TaskRecord> => {
  faultPoint('pool.claimed')
  const { id, until, waitedMs } = claimed
  try {
    const told = { type: 'sandbox.taken', turn: 1, waitedMs: Math.round(waitedMs) } as const
    const record = await make({ ...planAs(id), pooled: { until } }, [told])
    // The same submit, sent twice, created the task first.
    if (record.id === id) pool.settle(id)
    else claimed.giveBack()
    return record
  } catch (error) {
    void pool.discard({ id, engine: recipe.engine })
    throw error
  }
}

/** Creates the task in a pre-started sandbox if one fits, else for a fresh one; the pool learns of it. */
export const inPooled = async (input: Input): Promise<TaskRecord> => {
  const { tasks, request, own, plan, recipe, make } = input
  const claimed = request.pool === 0 ? 'first-of-its-kind' : claim(input)
  // Before the task is made: several at once are several.
  if (!own && request.after === undefined) tasks.pool.use(plan, request.pool, recipe)
  return typeof claimed === 'string'
    ? await make(plan, freshSandbox(request, plan, claimed))
    : await take(input, claimed)
}
