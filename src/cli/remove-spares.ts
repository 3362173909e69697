import { client } from '../client/client.ts'
import type { Context } from './context.ts'

/** Removes the pre-started sandboxes that wait, if a supervisor runs; says how many. */
export const removeSpares = async (context: Context): Promise<number> => {
  const api = client(context)
  return (await api.peek()) === undefined ? 0 : (await api.ask('removeSpares', {})).removed
}

export const sandboxCount = (count: number): string =>
  count === 1 ? '1 pre-started sandbox' : `${count} pre-started sandboxes`
