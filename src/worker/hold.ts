import type { WorkOrder } from '../domain/worker-protocol.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import { onAbort } from '../std/abort.ts'
import type { FrameWriter } from './frame-writer.ts'
import type { keptCallers } from './kept-callers.ts'
import type { Programs } from './programs.ts'
import { sweep } from './sweep.ts'

/** No process group is this one. */
const NO_GROUP = -1

/** In place of an agent: answers callers until the stop, then ends all that runs. */
export const hold = async (
  order: WorkOrder,
  parts: {
    readonly frames: FrameWriter
    readonly stop: StopSwitch
    readonly answerCallers: ReturnType<typeof keptCallers>
    readonly programs: Programs
  },
): Promise<void> => {
  const { frames, stop, answerCallers, programs } = parts
  frames.send({ k: 'phase', phase: 'agent' })
  void answerCallers(order)
  await new Promise<void>((resolve) => void onAbort(stop.stop, resolve))
  await programs.kill()
  await sweep(NO_GROUP, `BERTH_TASK=${order.task}`)
}
