import type { Socket } from 'node:net'
import { BerthError } from '../../domain/errors.ts'
import { refuseForward } from '../../domain/forwardable.ts'
import type { TaskRecord } from '../../domain/task.ts'
import type { Deps } from '../deps.ts'

/** A connection to a port in the sandbox of a task's turn. The sandbox's worker makes it; Berth opens no path of it. */
export const forwardTask = async (input: {
  readonly deps: Pick<Deps, 'egress'>
  readonly record: TaskRecord
  readonly port: number
  readonly signal: AbortSignal
}): Promise<Socket> => {
  const { deps, record, port, signal } = input
  const { id, state, phase, container } = record
  refuseForward(record)
  if (container?.state !== 'running')
    throw new BerthError(
      'not-allowed',
      `${id} is ${state}${phase === null ? '' : ` (${phase})`}: its sandbox does not run`,
      { hint: 'Try again when the agent works.' },
    )
  return await deps.egress.dial(id, { kind: 'port', port }, signal)
}
