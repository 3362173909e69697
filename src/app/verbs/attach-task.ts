import type { AttachOpening, AttachState } from '../../domain/attach.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRecord } from '../../domain/task.ts'

/** Shows the terminal of a task's turn to a viewer. */
export const attachTask =
  ({ id }: TaskRecord) =>
  async (_: AttachOpening, __: { readonly state: (state: AttachState) => void }): Promise<void> => {
    throw new BerthError('no-terminal', `${id}: its agent runs on no terminal`)
  }
