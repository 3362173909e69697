import type { EventBody } from '../../domain/event.ts'
import type { Plan } from '../../plan/plan.ts'
import { onAbort } from '../../std/abort.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { LaunchDeps } from '../deps.ts'

type Launched = { container: string }

/** How long a create that nobody wants any more is waited for: the engine carries it out all the same. */
const LATE_MS = 5000

const later = (signal: AbortSignal): Disposable & { readonly signal: AbortSignal } => {
  const late = new AbortController()
  const begin = () => void setTimeout(() => late.abort(signal.reason), LATE_MS).unref()
  // A signal that is made of others is kept for as long as somebody listens.
  return { signal: late.signal, ...onAbort(signal, begin) }
}

const created = ({ turn, container: { name, image }, engine, image: { digest } }: Plan, id: string): EventBody => ({
  type: 'container.created',
  turn,
  id,
  name,
  engine: engine.kind,
  image,
  digest,
})

/** Creates the container, or adopts the one of the same attempt. What a stop comes upon is there to be removed. */
export const createContainer = async (
  { plan, engine, emit, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  using late = later(signal)
  launched.container = await engine.create(plan.container, late.signal)
  faultPoint('create.untold')
  emit(created(plan, launched.container))
}

export const startContainer = async (
  { engine, onContainer, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  await engine.start(launched.container, signal)
  onContainer(launched.container)
}

/** Compares what runs with what was asked. What was there before this launch is told of now; a warm container was. */
export const checkContainer = async (
  { plan, engine, emit, adopted, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  const { settings: effective, pid } = await engine.check(launched.container, plan.container, signal)
  const first = adopted === null || plan.kept !== undefined ? [] : [created(plan, adopted)]
  emit(...first, { type: 'container.started', turn: plan.turn, pid, effective })
}
