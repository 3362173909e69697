import { chmod, writeFile } from 'node:fs/promises'
import type { ContainerSpec } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { SECCOMP_FILE } from '../../domain/seccomp-profile.ts'
import { BUNDLE_FILE, type Frame, ORDER_FILE, type WorkOrder } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { exchangeInside } from '../../plan/paths.ts'
import type { Plan } from '../../plan/plan.ts'
import { moveIn, moveOutOne } from '../../std/mounted-folder.ts'
import type { Deps } from '../deps.ts'
import { engineAway, overRestart } from './engine-retry.ts'
import { frameReader } from './frame-reader.ts'

const LIMIT_MS = 10 * 60_000

/** What an agent left where the bundle and the order belong is not ours to believe. */
const release = async (plan: Plan, exchange: string, order: WorkOrder) => {
  moveOutOne(exchange, BUNDLE_FILE)
  const temporary = `${plan.folders.task}/order.tmp`
  await writeFile(temporary, JSON.stringify(order))
  await chmod(temporary, plan.owner === null && plan.container.userNamespace !== 'none' ? 0o600 : 0o644)
  moveIn(exchange, ORDER_FILE, temporary)
}

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

/** The turn's container without the agent's home, the caller's volumes and a way out; with the toolbox of today. */
const specOf = async ({ deps, plan, job, exchange, mounts }: Input): Promise<ContainerSpec> => {
  const toolbox = await deps.installation.toolbox()
  const seccomp = toolbox && plan.isolation !== 'host' ? { seccomp: `${toolbox.path}/${SECCOMP_FILE}` } : {}
  const sources: Readonly<Record<string, string>> = { exchange, ...(toolbox && { toolbox: toolbox.path }) }
  const wanted = new Set(['exchange', 'toolbox', ...mounts])
  return {
    ...plan.container,
    name: `${plan.container.name}-${job}`,
    argv: [...plan.container.argv.slice(0, -1), exchangeInside(plan, exchange)],
    network: 'none',
    workdir: '/',
    ...seccomp,
    mounts: plan.container.mounts
      .filter(({ role }) => wanted.has(role))
      .map((mount) => ({ ...mount, source: sources[mount.role] ?? mount.source })),
  }
}

/**
 * Work on a task without its agent: a container of the same plan, an order and nothing else. Returns what its worker
 * told; rejects where it failed. One that a killed supervisor left is removed first, so that it can be done again.
 */
export const runHelper = async (input: Input): Promise<readonly Frame[]> => {
  const { plan, engine, order, exchange } = input
  const signal = AbortSignal.any([input.signal, AbortSignal.timeout(LIMIT_MS)])
  const spec = await specOf(input)
  const frames: Frame[] = []
  let lost = false
  try {
    await engine.remove(spec.name, signal)
    const paths = { ...order.paths, exchange: exchangeInside(plan, exchange) }
    await release(plan, exchange, { ...order, paths, run: null, forward: null })
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
