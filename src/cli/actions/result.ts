import { client } from '../../client/client.ts'
import { EXIT } from '../../domain/errors.ts'
import { plainJson } from '../../std/plain-json.ts'
import type { Context } from '../context.ts'
import { idOrLast } from '../last-task.ts'
import { writeTo } from '../write.ts'

export type ResultOptions = { readonly turn?: string }

export const resultAction = async (
  context: Context,
  asked: string | undefined,
  { turn }: ResultOptions,
): Promise<number> => {
  const id = await idOrLast(context, asked)
  const { result } = await client(context).ask('result', { id, query: { turn } })
  await writeTo(context.stdout, `${plainJson(result)}\n`)
  return EXIT.done
}
