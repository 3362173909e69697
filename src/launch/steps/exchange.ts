import { emptyFolder } from '../../std/empty-folder.ts'
import type { LaunchDeps } from '../deps.ts'
import { putPrompt } from '../put-prompt.ts'

/** Makes the exchange folder of a kept container ready for a further turn. */
export const renewExchange = async ({ plan, prompt }: LaunchDeps): Promise<void> => {
  await emptyFolder(plan.folders.exchange)
  await putPrompt(plan, prompt)
}
