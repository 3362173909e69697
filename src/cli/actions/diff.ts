import { StringDecoder } from 'node:string_decoder'
import { client } from '../../client/client.ts'
import { BerthError } from '../../domain/errors.ts'
import { patchFiles } from '../../domain/patch-files.ts'
import { folderOf, recordsOf } from '../../domain/work-part.ts'
import { terminalLine } from '../../std/terminal-safe.ts'
import { terminalVisible } from '../../std/terminal-visible.ts'
import { otherLines } from '../../views/other-work.ts'
import type { Context } from '../context.ts'
import { idOrLast } from '../last-task.ts'
import { writeTo } from '../write.ts'

export type DiffOptions = {
  readonly stat?: boolean
  readonly nameOnly?: boolean
  readonly branch?: string
  readonly repository?: string
  readonly turn?: string
  readonly json?: boolean
}

/** The changed files with their counts, as `--json` prints them. */
const writeFiles = async (context: Context, id: string, patch: AsyncIterable<Buffer>): Promise<void> => {
  const reader = patchFiles(() => true)
  for await (const chunk of patch) for (const _ of reader.take(chunk));
  const files = reader.files.map(({ path, insertions, deletions, binary }) => ({
    path: Buffer.from(path, 'latin1').toString(),
    insertions,
    deletions,
    binary,
  }))
  await writeTo(context.stdout, `${JSON.stringify({ id, files })}\n`)
}

/** What the diff does not show, on stderr. */
const sayOthers = async (context: Context, id: string, repository: string | undefined): Promise<void> => {
  const record = await client(context).ask('task', { id })
  for (const part of recordsOf(record)) {
    const folder = folderOf(part)
    if (repository !== undefined && folder !== repository) continue
    for (const line of otherLines(part.others, record.id))
      context.stderr.write(`berth: ${folder === '' ? '' : `${terminalLine(folder)}: `}${line}\n`)
  }
}

export const diffAction = async (
  context: Context,
  asked: string | undefined,
  options: DiffOptions,
): Promise<number> => {
  const id = await idOrLast(context, asked)
  const { stat = false, nameOnly = false, branch, repository, turn, json = false } = options
  if (json && (stat || nameOnly)) throw new BerthError('usage', '--json excludes --stat and --name-only: it has both')
  // What `git apply` takes is of no use on a screen.
  const query = {
    branch,
    repository,
    turn,
    path: context.split.rest ?? [],
    stat: `${stat}`,
    names: `${nameOnly}`,
    binary: `${context.stdout.isTTY !== true && !json}`,
  }
  const stream = await client(context).stream('diff', { id, query })
  if (json) {
    await writeFiles(context, id, stream)
    return 0
  }
  // On a terminal what the agent hid in its files is written out; a pipe gets the bytes.
  const decoder = new StringDecoder('utf8')
  const shown = (chunk: Buffer) => (context.stdout.isTTY ? terminalVisible(decoder.write(chunk)) : chunk)
  for await (const chunk of stream) await writeTo(context.stdout, shown(chunk))
  if (branch === undefined && turn === undefined) await sayOthers(context, id, repository)
  return 0
}
