import type { ContainerSpec } from '../domain/container-spec.ts'
import { gpuWords } from '../domain/gpu-words.ts'
import { isLoopback, publishWords } from '../domain/publish-words.ts'
import type { TaskRequest } from '../domain/request.ts'
import type { Facts } from './facts.ts'

type Machine = Pick<ContainerSpec, 'devices' | 'gpus' | 'publish' | 'runtime' | 'shmBytes' | 'ulimits'>

const warningsOf = ({ devices, gpus, publish, pool, policy }: TaskRequest): readonly string[] => [
  ...devices.map(
    ({ source }) =>
      `--device ${source}: the agent gets this device of the machine, beside what --policy ${policy} gives`,
  ),
  ...(gpus === undefined
    ? []
    : [`--gpus ${gpuWords(gpus)}: the agent reaches the driver of the GPUs, a large part of the kernel`]),
  ...publish
    .filter((port) => !isLoopback(port))
    .map((port) => `--publish ${publishWords(port)}: other machines can reach this port of the task`),
  ...(publish.length > 0 && pool
    ? ['--pool: two containers cannot have the same published port, so Berth ignores the flag']
    : []),
]

/** What the user asked of the machine for the container, and what to warn of. A task on the host gets none of it. */
export const planMachine = (
  request: TaskRequest,
  { host }: Facts,
): { readonly machine: Machine; readonly warnings: readonly string[] } => {
  if (host !== null) return { machine: {}, warnings: [] }
  const { devices, gpus, publish, runtime, shmSize, ulimits } = request
  const machine: Machine = {
    ...(ulimits.length > 0 && { ulimits }),
    ...(shmSize !== undefined && { shmBytes: shmSize }),
    ...(gpus !== undefined && { gpus }),
    ...(devices.length > 0 && { devices }),
    ...(publish.length > 0 && { publish }),
    ...(runtime !== undefined && { runtime }),
  }
  return { machine, warnings: warningsOf(request) }
}
