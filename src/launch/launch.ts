import type { StepId } from '../plan/step.ts'
import { onAbort } from '../std/abort.ts'
import { faultPoint } from '../std/fault-point.ts'
import type { LaunchDeps } from './deps.ts'
import { renewWait } from './renew-wait.ts'
import { checkContainer, createContainer, startContainer } from './steps/container.ts'
import { copySource } from './steps/copy.ts'
import { startTokenDaemon } from './steps/daemon.ts'
import { renewExchange } from './steps/exchange.ts'
import { makeFolders } from './steps/folders.ts'
import { openGateway } from './steps/gateway.ts'
import { putSshKey } from './steps/key.ts'
import { fetchLfs } from './steps/lfs.ts'
import { putLogin } from './steps/login.ts'
import { emptyMirrors, fetchMirror } from './steps/mirror.ts'
import { bringModules } from './steps/modules.ts'
import { releaseOrder } from './steps/order.ts'
import { putTurn } from './steps/prompt.ts'
import { getToken } from './steps/token.ts'
import { makeTree } from './steps/tree.ts'

export type Launched = { readonly container: string }
type Run = (deps: LaunchDeps, launched: { container: string }) => Promise<void>

const STEPS: Readonly<Record<StepId, Run>> = {
  folders: makeFolders,
  prompt: putTurn,
  token: getToken,
  daemon: startTokenDaemon,
  key: putSshKey,
  bare: emptyMirrors,
  mirror: fetchMirror,
  lfs: fetchLfs,
  modules: bringModules,
  tree: makeTree,
  copy: copySource,
  exchange: renewExchange,
  gateway: openGateway,
  create: createContainer,
  start: startContainer,
  check: checkContainer,
  login: putLogin,
  order: releaseOrder,
}

const since = (began: number) => {
  const ms = Math.round((performance.now() - began) * 10) / 10
  return { began: new Date(Date.now() - ms).toISOString(), ms }
}

/** Takes a step that was begun before, or does it. */
const carryOut = async (id: StepId, deps: LaunchDeps, launched: { container: string }): Promise<void> => {
  const over = await deps.early?.over(id)
  if (over !== undefined) {
    launched.container = over.container
    if (id === 'start') deps.onContainer(over.container)
    deps.emit(...over.events)
    return
  }
  deps.signal.throwIfAborted()
  const began = performance.now()
  await STEPS[id](deps, launched)
  deps.emit({ type: 'turn.span', turn: deps.plan.turn, name: id, ...since(began) })
}

/**
 * Carries a plan out: each step as soon as those it needs are over. Every step adopts what an earlier, killed launch of
 * the same attempt left. On an error the others are aborted and waited for, and the first error is thrown; what was
 * made is removed by the caller, by its name.
 */
export const launch = async (given: LaunchDeps): Promise<Launched> => {
  using _waits = renewWait(given.plan)
  const abort = new AbortController()
  const signal = AbortSignal.any([given.signal, abort.signal])
  const deps = { ...given, signal }
  const launched = { container: given.adopted ?? '' }
  const over = new Map<StepId, Promise<void>>()
  using _stops = onAbort(signal, () => void deps.early?.stop())
  for (const step of deps.plan.steps) {
    const needed = Promise.all(step.needs.map((id) => over.get(id)))
    over.set(
      step.id,
      needed.then(async () => {
        signal.throwIfAborted()
        await carryOut(step.id, deps, launched)
        faultPoint(`${given.isEarly === true ? 'early' : 'launch'}.${step.id}`)
      }),
    )
  }
  let first: unknown
  const watched = [...over.values()].map((promise) =>
    promise.catch((error: unknown) => {
      first ??= error
      abort.abort(error)
    }),
  )
  await Promise.all(watched)
  if (first !== undefined) throw first
  return launched
}
