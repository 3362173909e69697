import { client } from '../client.ts'
import type { Context } from '../context.ts'
import { writeTo } from '../write.ts'

export const diffAction = async (context: Context, id: string, stat: boolean): Promise<number> => {
  // What `git apply` takes is of no use on a screen.
  const query = `stat=${stat}&binary=${context.stdout.isTTY !== true}`
  const stream = await client(context).stream(`/v1/tasks/${encodeURIComponent(id)}/diff?${query}`)
  for await (const chunk of stream) await writeTo(context.stdout, chunk)
  return 0
}
