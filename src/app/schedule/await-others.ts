import type { Plan } from '../../plan/plan.ts'
import { unlessAborted } from '../../std/abort.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { askedRequest } from '../task/asked-request.ts'
import { currentRecord } from './current-record.ts'
import { mayBegin } from './may-begin.ts'
import { isOver } from './next-turn.ts'
import type { Entry, Registry } from './registry.ts'
import type { Scheduler } from './scheduler.ts'
import { wakeably } from './wakeably.ts'

const untilChange = async (registry: Registry, signal: AbortSignal): Promise<void> => {
  const { promise, resolve } = Promise.withResolvers<void>()
  const off = registry.onChange(resolve)
  try {
    await unlessAborted(promise, signal)
  } finally {
    off()
  }
}

/**
 * Waits until the tasks are over that this one begins after. If one of them is lost, the turn fails. A task that has
 * begun waits for no other.
 */
export const awaitOthers = async (scheduler: Scheduler, entry: Entry, plan: Plan): Promise<void> => {
  const { registry, shutdown } = scheduler
  const { live } = entry
  const { after, startedAt } = live.record
  if (after === undefined || startedAt !== null) return
  const { turn } = plan
  const { afterFailed } = askedRequest(live)
  const find = currentRecord(scheduler)
  while (!isOver(live, plan)) {
    const found = mayBegin(after, afterFailed, find)
    const { reason: told } = live.record
    if (found.kind === 'fail') {
      const outcome = { result: 'failed', class: 'setup', reason: found.reason, exitCode: null } as const
      await live.commit({ type: 'turn.ended', turn, outcome })
    } else if (found.kind === 'begin') {
      if (told !== null) await live.commit({ type: 'turn.released', turn })
      return
    } else if (told !== found.reason) {
      // The others may have changed once this is written: they are looked at again.
      await live.commit({ type: 'turn.held', turn, reason: found.reason })
      faultPoint('turn.held')
    } else await wakeably(entry, shutdown, (signal) => untilChange(registry, signal))
  }
}
