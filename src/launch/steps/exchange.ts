import { moveOut } from '../../std/mounted-folder.ts'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

/** Makes the exchange folder of a warm container, in which an agent may still be alive, ready for a further turn. */
export const renewExchange = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  moveOut(plan.folders.exchange)
  await putPrompt(plan, prompt)
}
