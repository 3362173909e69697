import type { Socket } from 'node:net'
import { BerthError } from '../../domain/errors.ts'
import { FINAL, type TaskRecord } from '../../domain/task.ts'
import type { Deps } from '../deps.ts'

/** A connection to a worker that starts a program for it, in the sandbox of a task's turn. */
export const shellTask = async (input: {
  readonly deps: Pick<Deps, 'egress'>
  readonly record: TaskRecord
  readonly signal: AbortSignal
}): Promise<Socket> => {
  const { deps, record, signal } = input
  const { id, state, phase, isolation, container } = record
  if (isolation === 'host')
    throw new BerthError('not-allowed', `${id} runs without a sandbox: there is none to open a shell in`, {
      hint: `\`berth exec -it ${id} bash\` runs one in its folder, on this machine.`,
    })
  if (FINAL.has(state))
    throw new BerthError('not-allowed', `${id} is ${state}: it has no running sandbox`, {
      hint: `Send it a prompt with \`berth send ${id}\`, then open the shell.`,
    })
  if (container?.state !== 'running')
    throw new BerthError(
      'not-allowed',
      `${id} is ${state}${phase === null ? '' : ` (${phase})`}: its sandbox does not run`,
      { hint: 'Try again when the agent works.' },
    )
  return await deps.egress.dial(id, { kind: 'program' }, signal)
}
