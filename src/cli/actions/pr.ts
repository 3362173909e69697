import { callerContextOf } from '../../client/caller-context.ts'
import { client } from '../../client/client.ts'
import { recordsOf } from '../../domain/work-part.ts'
import { inFolder } from '../../views/words.ts'
import { pullRequestWords } from '../../views/work-lines.ts'
import type { Context } from '../context.ts'

export const prAction = async (
  context: Context,
  id: string,
  options: { draft?: boolean; json?: boolean },
): Promise<number> => {
  const body = { caller: callerContextOf(context), ...(options.draft === undefined ? {} : { draft: options.draft }) }
  const record = await client(context).ask('openPullRequest', { id, body })
  for (const { id: task, pr, repository } of recordsOf(record)) {
    if (pr === undefined) continue
    const { folder } = repository
    const json = { task, ...(folder !== undefined && { repository: folder }), ...pr }
    const line = `${task} ${pullRequestWords(pr)}${inFolder({ repository })}`
    context.stdout.write(`${options.json ? JSON.stringify(json) : line}\n`)
  }
  return 0
}
