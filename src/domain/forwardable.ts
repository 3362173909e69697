import { BerthError } from './errors.ts'
import { FINAL, type TaskRecord } from './task.ts'

/** Refuses a task whose ports cannot be reached by way of its gateway: one that is over, or runs without a sandbox. */
export const refuseForward = ({ id, state, isolation }: Pick<TaskRecord, 'id' | 'state' | 'isolation'>): void => {
  if (isolation === 'host')
    throw new BerthError('not-allowed', `${id} runs without a sandbox: its ports are this machine's own`, {
      hint: 'Connect to 127.0.0.1 and the port itself.',
    })
  if (FINAL.has(state))
    throw new BerthError('not-allowed', `${id} is ${state}: it has no running sandbox to connect to`, {
      hint: `Send it a prompt with \`berth send ${id}\`, then forward the port.`,
    })
}
