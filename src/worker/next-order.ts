import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { orderFile, type WorkOrder } from '../domain/worker-protocol.ts'
import type { StopSwitch } from '../inside/stop-switch.ts'
import type { FrameWriter } from './frame-writer.ts'
import { type Telling, takeOrder } from './take-order.ts'

/** Tells that the turn is over and waits for a further order, as long as the turn's own order says. Undefined: none came. */
export const nextOrder = async (input: {
  readonly exchange: string
  readonly before: WorkOrder
  readonly code: number
  readonly frames: FrameWriter
  readonly stop: StopSwitch
  readonly telling: Telling
}): Promise<WorkOrder | undefined> => {
  const { exchange, before, code, frames, telling } = input
  const { stop } = input.stop
  const { keepAliveMs: limitMs = 0 } = before
  if (limitMs === 0 || stop.aborted) return undefined
  const file = orderFile(frames.next)
  // The agent, which is gone now, may have left an order of its own.
  rmSync(join(exchange, file), { recursive: true, force: true })
  frames.send({ k: 'idle', code })
  return await takeOrder({ folder: exchange, file, limitMs, stop, telling })
}
