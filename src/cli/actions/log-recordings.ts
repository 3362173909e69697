import { client } from '../../client/client.ts'
import { recordingTable } from '../../views/recording-table.ts'
import type { Context } from '../context.ts'
import { writeTo } from '../write.ts'

/** Prints the recordings of these tasks: a table, or with `json` one a line. */
export const logRecordings = async (
  context: Context,
  ids: readonly string[],
  { json, turn }: { readonly json: boolean; readonly turn: number | null },
): Promise<number> => {
  const { stdout } = context
  const api = client(context)
  const answers = await Promise.all(ids.map((id) => api.ask('recordings', { id })))
  const all = answers
    .flatMap(({ id, recordings }) => recordings.map((recording) => ({ id, ...recording })))
    .filter((recording) => turn === null || recording.turn === turn)
  if (json) await writeTo(stdout, all.map((recording) => `${JSON.stringify(recording)}\n`).join(''))
  else if (all.length > 0) await writeTo(stdout, `${recordingTable(all, ids.length > 1).join('\n')}\n`)
  else if (stdout.isTTY) await writeTo(stdout, 'no recordings: Berth records interactive turns alone\n')
  return 0
}
