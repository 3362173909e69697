import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { pullRequestWords } from '../../views/work-lines.ts'
import type { Context } from '../context.ts'

export const prAction = async (
  context: Context,
  id: string,
  options: { draft?: boolean; json?: boolean },
): Promise<number> => {
  const body = { caller: callerContextOf(context), ...(options.draft === undefined ? {} : { draft: options.draft }) }
  const { id: task, pr } = await client(context).ask('openPullRequest', { id, body })
  if (pr === undefined) return 0
  context.stdout.write(options.json ? `${JSON.stringify({ task, ...pr })}\n` : `${task} ${pullRequestWords(pr)}\n`)
  return 0
}
