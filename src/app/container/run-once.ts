import type { ContainerSpec } from '../../domain/container-spec.ts'
import type { Engine } from '../../engines/engine.ts'

const LIMIT_MS = 120_000

/** Runs a container to its end and removes it; returns its exit code. One that a killed supervisor left goes first. */
export const runOnce = async (engine: Engine, spec: ContainerSpec): Promise<number> => {
  const signal = AbortSignal.timeout(LIMIT_MS)
  await engine.remove(spec.name, signal)
  try {
    const id = await engine.create(spec, signal)
    await engine.start(id, signal)
    return (await engine.wait(id, signal)).code
  } finally {
    await engine.remove(spec.name)
  }
}
