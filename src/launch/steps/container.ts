import type { LaunchDeps } from '../deps.ts'

type Launched = { container: string }

/** How long a create that nobody wants any more is waited for: the engine carries it out all the same. */
const LATE_MS = 5000

const later = (signal: AbortSignal): AbortSignal => {
  const late = new AbortController()
  const begin = () => void setTimeout(() => late.abort(signal.reason), LATE_MS).unref()
  if (signal.aborted) begin()
  else signal.addEventListener('abort', begin, { once: true })
  return late.signal
}

/** Creates the container, or adopts the one of the same attempt. What a stop comes upon is there to be removed. */
export const createContainer = async (
  { plan, engine, emit, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  launched.container = await engine.create(plan.container, later(signal))
  const { name, image } = plan.container
  emit({
    type: 'container.created',
    turn: plan.turn,
    id: launched.container,
    name,
    engine: plan.engine.kind,
    image,
    digest: plan.image.digest,
  })
}

export const startContainer = async (
  { engine, onContainer, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  await engine.start(launched.container, signal)
  onContainer(launched.container)
}

/** Compares what runs with what was asked. */
export const checkContainer = async ({ plan, engine, emit, signal }: LaunchDeps, launched: Launched): Promise<void> => {
  const { settings: effective, pid } = await engine.check(launched.container, plan.container, signal)
  emit({ type: 'container.started', turn: plan.turn, pid, effective })
}
