import type { LaunchDeps } from '../deps.ts'

type Launched = { container: string }

/** Creates the container, or adopts the one of the same attempt. */
export const createContainer = async (
  { plan, engine, emit, signal }: LaunchDeps,
  launched: Launched,
): Promise<void> => {
  launched.container = await engine.create(plan.container, signal)
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
