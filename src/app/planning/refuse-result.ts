import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { refuseSchema } from '../task/result-answer.ts'

/** Refuses a result that nobody could check. */
export const refuseResult = async ({
  outputSchema,
  mode,
}: Pick<TaskRequest, 'outputSchema' | 'mode'>): Promise<void> => {
  if (outputSchema === undefined) return
  if (mode === 'interactive')
    throw new BerthError('bad-request', '--output-schema: an interactive turn has no last message to check', {
      hint: 'Leave the flag out, or run the task without a terminal.',
    })
  await refuseSchema(outputSchema)
}
