import { statSync } from 'node:fs'
import { NO_COMPANY } from '../../domain/company-network.ts'
import { ORDER_WAIT_MS } from '../../domain/worker-protocol.ts'
import type { Engine } from '../../engines/engine.ts'
import { NO_KEY } from '../../launch/gateway-task.ts'
import { launch } from '../../launch/launch.ts'
import { touchExchange } from '../../launch/renew-wait.ts'
import type { Plan } from '../../plan/plan.ts'
import { plannedClones } from '../../plan/planned-clones.ts'
import { planAhead } from '../../plan/pool-shape.ts'
import { faultPoint } from '../../std/fault-point.ts'
import { followLog } from '../container/follow-log.ts'
import type { Deps } from '../deps.ts'
import { recordPooled } from './pool-record.ts'

const MINUTE_MS = 60_000
/** A task that has one may be held up before its launch; then its worker is not relied on to the last second. */
export const WAIT_MS = ORDER_WAIT_MS - MINUTE_MS
const READY_MS = MINUTE_MS
/** After its first word: it waits by then, and has made itself ready. */
const TELL_MS = 2000

/** What members of a shape are made by. */
export type Recipe = { readonly plan: (id: string) => Plan; readonly engine: Engine }

/** A pre-started sandbox whose worker waits for its order. */
export type Sandbox = {
  readonly id: string
  readonly engine: Engine
  readonly container: string
  /** The folders of the mirrors, as they are mounted; null without one. */
  readonly mirror: string | null
  /** When it was made, on the clock of `performance.now()`. */
  readonly since: number
  /** When its worker may have given up, and its first frame with its time, in ms. */
  readonly until: number
  readonly frame: number
  readonly said: number
}

/** Which folders the mirrors are: one that was removed and made anew has the same name. Empty where one is not there. */
export const mirrorOf = (plan: Pick<Plan, 'source' | 'further'>): string | null => {
  const clones = plannedClones(plan)
  if (clones.length === 0) return null
  const stats = clones.flatMap(({ mirror }) => statSync(mirror, { throwIfNoEntry: false }) ?? [])
  return stats.length < clones.length ? '' : stats.map(({ ino, birthtimeMs }) => `${ino} ${birthtimeMs}`).join(' ')
}

/** The worker's first word: from then on it waits for its order. */
const helloOf = async (engine: Engine, container: string, signal: AbortSignal) => {
  for await (const { frames } of followLog({ engine, container, known: 0, since: null, signal })) {
    const frame = frames[0]?.frame
    if (frame?.k === 'hello') return { frame: frame.n, said: Math.min(frame.t, Date.now()) }
    break
  }
  throw new Error('its worker did not come up')
}

/** What a launch is given that no turn has asked for: no prompt, no key and no rules. */
export const WITHOUT_TURN = {
  callerEnv: {},
  prompt: '',
  key: NO_KEY,
  company: NO_COMPANY,
  addedRules: async () => [],
  liveRules: () => [],
  env: {},
  adopted: null,
  onContainer: () => {},
} as const

/** Starts a sandbox under the id of a task to come, and waits until its worker waits for an order. */
export const makeSandbox = async (
  { git, egress, installation: { folders } }: Pick<Deps, 'egress' | 'git' | 'installation'>,
  { plan: planFor, engine }: Recipe,
  id: string,
  shutdown: AbortSignal,
): Promise<Sandbox> => {
  const plan = planAhead(planFor(id))
  const mirror = mirrorOf(plan)
  if (mirror === '') throw new Error('its mirror is not there')
  await recordPooled(folders, id, plan.engine)
  const signal = AbortSignal.any([shutdown, AbortSignal.timeout(READY_MS)])
  const { container } = await launch({
    ...WITHOUT_TURN,
    emit: () => {},
    plan,
    engine,
    git,
    egress,
    mirrorsDir: `${folders.state}/mirrors`,
    signal,
  })
  const since = performance.now()
  const until = Date.now() + WAIT_MS
  const hello = await helloOf(engine, container, signal)
  // It learns that the folder tells what is done here, and sleeps until its order is there.
  setTimeout(() => touchExchange(plan), TELL_MS).unref()
  faultPoint('pool.made')
  shutdown.throwIfAborted()
  return { id, engine, container, mirror, since, until, ...hello }
}
