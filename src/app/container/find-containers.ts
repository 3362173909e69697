import { setTimeout as sleep } from 'node:timers/promises'
import type { ContainerInfo, Engine } from '../../engines/engine.ts'

const LATE_MS = 5000
const LOOK_MS = 250

/**
 * The containers with these labels. With `late` it waits some seconds for the first one: an engine may still carry out a
 * create whose caller was killed.
 */
export const findContainers = async (
  engine: Engine,
  labels: Readonly<Record<string, string>>,
  { late }: { readonly late: boolean },
): Promise<readonly ContainerInfo[]> => {
  for (const until = Date.now() + (late ? LATE_MS : 0); ; await sleep(LOOK_MS)) {
    const found = await engine.list(labels)
    if (found.length > 0 || Date.now() >= until) return found
  }
}
