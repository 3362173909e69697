import type { TurnEvent } from '../../domain/event.ts'
import { OBJECTS_FOLDER, type Standing } from '../../domain/worker-protocol.ts'
import { errorMessage } from '../../std/error-message.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { holdsFolder } from '../../std/mounted-folder.ts'
import { removeTree } from '../../std/remove-tree.ts'
import { whenEngineAnswers } from '../container/engine-retry.ts'
import { makeExchange } from '../container/make-exchange.ts'
import { runHelper } from '../container/run-helper.ts'
import type { TurnContext } from '../task/turn-context.ts'
import { rebaseExchange } from './rebase-work.ts'

/** Two mounts over one layer would not see each other's files; a further turn finds its container gone, and takes a fresh one. */
const letGoOfLayer = async ({ plan, engine, signal }: TurnContext): Promise<void> => {
  if (plan.folders.layer === undefined) return
  const { name } = plan.container
  if (await engine.kill(name, 'KILL', signal)) await engine.wait(name, signal)
}

type RecordedWork = { readonly head: string; readonly wip: string | null }

type Places = { readonly at: RecordedWork | null; readonly now: RecordedWork | null }
type PlaceEvent = Extract<TurnEvent, { type: 'work.kept' | 'work.rebased' | 'work.amended' | 'workspace.moved' }>

const placesAfter = ({ at, now }: Places, event: PlaceEvent): Places => {
  switch (event.type) {
    case 'work.kept': {
      const work = event.head === null ? null : { head: event.head, wip: event.wip }
      return { at: work, now: work }
    }
    case 'work.rebased':
      return { at, now: { head: event.head, wip: event.wip } }
    case 'work.amended': {
      if (now?.head !== event.before) return { at, now }
      return { at, now: { head: event.head, wip: now.wip === event.before ? event.head : now.wip } }
    }
    case 'workspace.moved':
      return { at: now, now }
  }
}

/** Where the workspace is, and where its work has gone since; null where it is the same, or its files do not fit. */
const wayOf = ({ live, plan, repository }: TurnContext): { readonly from: Standing; readonly to: Standing } | null => {
  const keeps = plan.order.finish?.uncommitted === 'keep'
  let places: Places = { at: null, now: null }
  for (const event of live.journal.select('work.kept', 'work.rebased', 'work.amended', 'workspace.moved'))
    if (event.repository === repository) places = placesAfter(places, event)
  const { at, now } = places
  if (at === null || now === null || at.head === now.head) return null
  if (keeps && at.wip !== null && now.wip === null) return null
  const standing = ({ head, wip }: RecordedWork): Standing => ({ head, files: keeps ? (wip ?? head) : head })
  return { from: standing(at), to: standing(now) }
}

/**
 * Brings the workspace to the work that was made again or rebased, so that a further turn goes on from what was pushed. Idempotent; where it
 * can't be done the workspace stays as it is, and that is told.
 */
export const moveWorkspace = async (context: TurnContext): Promise<void> => {
  const { deps, live, plan, signal } = context
  const way = wayOf(context)
  if (way === null || !holdsFolder(plan.folders.workspace, '.git')) return
  const exchange = rebaseExchange(plan)
  const { publish } = plan.folders
  try {
    const commits = [way.to.head, way.to.files]
    const base = live.record.repository.base ?? ''
    const order = { ...plan.order, move: way }
    await whenEngineAnswers(context, async () => {
      await makeExchange(plan, exchange)
      await deps.git.pack({ publish, commits, base, into: `${exchange}/${OBJECTS_FOLDER}`, signal })
      faultPoint('move.before')
      await letGoOfLayer(context)
      await runHelper({ ...context, job: 'move', order, exchange, mounts: ['workspace', 'mirror'] })
    })
    faultPoint('move.after')
    await live.commit({ type: 'workspace.moved', turn: plan.turn, head: way.to.head })
  } catch (error) {
    signal.throwIfAborted()
    const why = errorMessage(error)
    const text = `the workspace stays on ${way.from.head.slice(0, 12)}, the commit before it was made again or rebased: ${why}`
    live.append({ type: 'notice', level: 'warning', text })
  } finally {
    await removeTree(exchange).catch(() => {})
  }
}
