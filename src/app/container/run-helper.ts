import { BerthError } from '../../domain/errors.ts'
import { ordersOf } from '../../domain/narrow-order.ts'
import { BUNDLE_FILE, type Frame, ORDER_FILE, type WorkOrder } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { writeOrder } from '../../launch/write-order.ts'
import { exchangeInside, workerArgv } from '../../plan/paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { moveOutOne } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import { engineAway, overRestart } from './engine-retry.ts'
import { frameReader } from './frame-reader.ts'
import { giveBack } from './give-back.ts'
import { helperSpec } from './helper-spec.ts'

const LIMIT_MS = 10 * 60_000

type Input = {
  readonly deps: Pick<Deps, 'installation'>
  readonly plan: Plan
  readonly engine: Engine
  /** Part of the container's name. */
  readonly job: 'gather' | 'rebase' | 'move'
  readonly order: WorkOrder
  /** A folder that the container's user may write. */
  readonly exchange: string
  /** Roles of the plan's mounts that it needs beside exchange and toolbox. */
  readonly mounts: readonly string[]
  readonly signal: AbortSignal
}

const moveBundlesOut = (exchange: string, order: WorkOrder): void => {
  for (const { bundle = BUNDLE_FILE } of ordersOf(order)) moveOutOne(exchange, bundle)
}

/**
 * Work on a task without its agent: a container of the same plan, an order and nothing else. Returns what its worker
 * told; rejects where it failed. One that a killed supervisor left is removed first, so that it can be done again.
 */
export const runHelper = async (input: Input): Promise<readonly Frame[]> => {
  const { plan, engine, order, exchange } = input
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
  const inside = exchangeInside(plan, exchange)
  const spec = helperSpec(plan, await input.deps.installation.toolbox(), {
    name: input.job,
    // Today's toolbox, and so today's way to start what is in it.
    argv: plan.isolation === 'host' ? [...plan.container.argv.slice(0, -1), inside] : workerArgv(inside),
    mounts: ['exchange', ...input.mounts],
    exchange,
  })
  const frames: Frame[] = []
  let lost = false
  try {
    await engine.remove(spec.name, signal)
    if (input.mounts.includes('workspace')) await giveBack(input.deps, { plan, engine })
    const paths = { ...order.paths, exchange: inside }
    // What an agent left there is not ours to believe.
    moveBundlesOut(exchange, order)
    await writeOrder(plan, { exchange, file: ORDER_FILE, order: { ...order, paths, run: null, forward: null } })
    const id = await engine.create(spec, signal)
    await engine.start(id, signal)
    const { code } = await engine.wait(id, signal)
    const reader = frameReader(0)
    for await (const { data } of engine.logs(id, { follow: true }, signal))
      for (const accepted of reader.push(data)) if (accepted.kind === 'frame') frames.push(accepted.frame)
    if (code === 0 && !frames.some((frame) => frame.k === 'end'))
      throw new BerthError('engine-down', `${plan.engine.kind} lost the log of ${spec.name}`)
    if (code === 0) return frames
    const failed = frames.find((frame) => frame.k === 'fail')
    throw new Error(failed?.message ?? `the helper container ended with exit code ${code}`)
  } catch (error) {
    lost = engineAway(error)
    throw error
  } finally {
    const remove = () => engine.remove(spec.name)
    // Who does it again when the engine is back begins with that. What stays all the same goes with the turn's own
    // containers, by its label, or with `berth prune`.
    await (lost ? remove() : overRestart(remove, input.signal)).catch(() => {})
  }
}
