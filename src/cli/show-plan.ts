import { client } from '../client/client.ts'
import type { Context } from './context.ts'
import type { submission } from './submission.ts'

/** Of `run` and `start`. */
export type RunOptions = {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly dryRun?: boolean
  readonly interactive?: boolean
  readonly tty?: boolean
  readonly mode?: string
  readonly detachKeys?: string
} & Readonly<Record<string, unknown>>

/** Says where the task works. */
export const sayPlace = (context: Context, place: string | null): void => {
  if (place !== null) context.stderr.write(`${place}\n`)
}

/** Prints what Berth would do. */
export const showPlan = async (
  context: Context,
  { body, place }: Awaited<ReturnType<typeof submission>>,
  json: boolean,
) => {
  const answer = await client(context).ask('plan', { body })
  sayPlace(context, place)
  context.stdout.write(json ? `${JSON.stringify(answer.plan)}\n` : answer.text)
  return 0
}
