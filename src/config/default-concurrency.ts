import { availableParallelism, totalmem } from 'node:os'

const GIB = 1024 ** 3
const TURNS_A_CORE = 2

export type MachineSize = {
  readonly cores: number
  /** Bytes of memory. */
  readonly memory: number
}

/** The cores and the memory that this process may use: a container's limit counts. */
export const machineSize = (): MachineSize => {
  const bound = process.constrainedMemory()
  return { cores: availableParallelism(), memory: bound > 0 ? Math.min(bound, totalmem()) : totalmem() }
}

export type DefaultConcurrency = { readonly most: number; readonly because: string }

/** How many turns run at once if nobody sets `concurrency`: two a core, at most one a GiB of memory, at least one. */
export const defaultConcurrency = ({ cores, memory }: MachineSize = machineSize()): DefaultConcurrency => {
  const byCores = cores * TURNS_A_CORE
  const gib = Math.floor(memory / GIB)
  if (byCores <= gib) return { most: byCores, because: `twice the ${cores === 1 ? 'one core' : `${cores} cores`}` }
  if (gib >= 1) return { most: gib, because: `one for each of ${gib} GiB of memory` }
  return { most: 1, because: 'there is less than one GiB of memory' }
}
