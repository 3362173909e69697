import type { EventBody } from '../../domain/event.ts'
import { ordersOf } from '../../domain/narrow-order.ts'
import { recordOf } from '../../domain/work-part.ts'
import type { WorkOrder } from '../../domain/worker-protocol.ts'
import type { FurtherRepository, Plan } from '../../plan/plan.ts'
import type { LiveTask } from './live-task.ts'
import type { TurnContext } from './turn-context.ts'

const OF_REPOSITORY: ReadonlySet<EventBody['type']> = new Set([
  'work.kept',
  'work.pushed',
  'work.nothing',
  'work.rebased',
  'work.amended',
  'workspace.moved',
  'push.raced',
  'push.failed',
  'pr.opened',
  'pr.updated',
  'pr.failed',
])

/** The task as if it had a further repository alone: its events and notices say that they are of this one. */
const narrowLive = (live: LiveTask, repository: string): LiveTask => {
  const named = (event: EventBody): EventBody => {
    if (event.type === 'notice') return { ...event, text: `${repository}: ${event.text}` }
    return OF_REPOSITORY.has(event.type) ? ({ ...event, repository } as EventBody) : event
  }
  return {
    ...live,
    get record() {
      return recordOf(live.record, repository)
    },
    get callerContext() {
      return live.callerContext
    },
    append: (...events) => live.append(...events.map(named)),
    commit: (...events) => live.commit(...events.map(named)),
  }
}

type Narrow = Pick<Plan, 'source' | 'delivery'> & { readonly publish: string }

const narrowPlan = ({ further: _, ...plan }: Plan, narrow: Narrow, order: WorkOrder): Plan => {
  const { source, delivery, publish } = narrow
  const { workspace } = plan.folders
  const folder = source.kind === 'clone' ? source.folder : undefined
  const place = folder === undefined ? workspace : `${workspace}/${folder}`
  const folders = { ...plan.folders, publish, workspace: place }
  return { ...plan, source, delivery, order, folders }
}

const ofFurther = <C extends TurnContext>(context: C, further: FurtherRepository, order: WorkOrder): C => {
  const { folder } = further.source
  return {
    ...context,
    live: narrowLive(context.live, folder),
    plan: narrowPlan(context.plan, further, order),
    repository: folder,
  }
}

/**
 * A context for each repository of the task, the main one's first: what works on a task with one repository works on each
 * of them. The context itself if the task has one, or none.
 */
export const contextsOf = <C extends TurnContext>(context: C): readonly C[] => {
  const { plan } = context
  const { further = [], source, delivery } = plan
  if (further.length === 0) return [context]
  const [order, ...orders] = ordersOf(plan.order)
  if (order === undefined) return [context]
  const main = { ...context, plan: narrowPlan(plan, { source, delivery, publish: plan.folders.publish }, order) }
  return [main, ...further.map((one, at) => ofFurther(context, one, orders[at] ?? order))]
}
