import type { Frame } from '../../domain/worker-protocol.ts'
import { onAbort } from '../../std/abort.ts'
import { errorMessage } from '../../std/error-message.ts'
import { holds, holdsFolder } from '../../std/mounted-folder.ts'
import { whenEngineAnswers } from '../container/engine-retry.ts'
import { runHelper } from '../container/run-helper.ts'
import { contextsOf } from '../task/repository-context.ts'
import type { TurnContext } from '../task/turn-context.ts'
import type { TurnControl } from './control.ts'

/** How long Berth collects the work of a stopped turn; its container took at most as long to end. */
const STOPPED_MS = 10_000

/** Aborted when collecting takes too long after somebody's stop, whenever the stop comes. */
const patience = (impatient: AbortSignal): { readonly signal: AbortSignal } & Disposable => {
  const over = new AbortController()
  let timer: NodeJS.Timeout | undefined
  const begin = () => {
    timer = setTimeout(() => over.abort(new Error('collecting it took too long after the stop')), STOPPED_MS)
  }
  const listening = onAbort(impatient, begin)
  return {
    signal: over.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer)
      listening[Symbol.dispose]()
    },
  }
}

type WorkFrame = Extract<Frame, { k: 'work' }>

/** True if there is a whole checkout in the folder. */
const isCheckedOut = (folder: string): boolean =>
  holds(folder, '.git') && !holdsFolder(folder, '.git', 'berth-unfinished')

/**
 * Collects the work of a turn whose container died before it could hand it over: a helper job commits and bundles the
 * workspace. Gives the job's report of each repository; none if it collected nothing: a notice then says why, and the
 * workspace stays.
 */
export const salvageWork = async (
  input: TurnContext & { readonly control: Pick<TurnControl, 'impatient'> },
): Promise<readonly (readonly [repository: string | undefined, WorkFrame])[]> => {
  const { deps, live, plan, engine, signal } = input
  const { workspace, exchange } = plan.folders
  const checkouts = contextsOf(input).map((context) => context.plan.folders.workspace)
  if (plan.source.kind !== 'clone' || !checkouts.every(isCheckedOut)) return []
  using stopped = patience(input.control.impatient)
  const either = AbortSignal.any([signal, stopped.signal])
  try {
    const mounts = ['workspace', 'mirror', 'modules']
    const order = plan.order
    const frames = await whenEngineAnswers({ ...input, signal: either }, () =>
      runHelper({ deps, plan, engine, job: 'gather', order, exchange, mounts, signal: either }),
    )
    return frames.flatMap((frame) => (frame.k === 'work' ? [[frame.repository, frame] as const] : []))
  } catch (error) {
    signal.throwIfAborted()
    const why = errorMessage(error)
    live.append({
      type: 'notice',
      level: 'warning',
      text: `the agent's work was not collected and is only in ${workspace}: ${why}`,
    })
    return []
  }
}
