import { mkdir, rm, writeFile } from 'node:fs/promises'
import { BerthError } from '../../domain/errors.ts'
import { taskPaths } from '../../domain/task-paths.ts'
import { FILES_BYTES, mediaOf, type TurnFile } from '../../domain/turn-file.ts'
import { formatBytes } from '../../std/bytes.ts'
import type { LiveTask } from './live-task.ts'

export type GivenFile = TurnFile & { readonly data: Buffer }

/** Files as the API brings them, base64. Refuses names that come twice, and more bytes than a prompt may have. */
export const givenFiles = (
  files: readonly { readonly name: string; readonly data: string }[],
): readonly GivenFile[] => {
  const made = files.map(({ name, data: text }) => {
    const data = Buffer.from(text, 'base64')
    return { name, bytes: data.length, media: mediaOf(data), data }
  })
  const twice = made.find(({ name }, at) => made.findIndex((one) => one.name === name) !== at)
  if (twice !== undefined) throw new BerthError('bad-file', `two files are named ${twice.name}`)
  const bytes = made.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > FILES_BYTES)
    throw new BerthError(
      'bad-file',
      `the files have ${formatBytes(bytes)} together, and a prompt takes at most ${formatBytes(FILES_BYTES)}`,
    )
  return made
}

/** What the journal and the plan say of them. */
export const withoutData = (files: readonly GivenFile[]): readonly TurnFile[] =>
  files.map(({ name, bytes, media }) => ({ name, bytes, media }))

/** Puts a turn's files into the task's folder, in place of what a killed supervisor left there. */
export const storeFiles = async (folder: string, turn: number, files: readonly GivenFile[]): Promise<void> => {
  const path = taskPaths(folder).filesOf(turn)
  await rm(path, { recursive: true, force: true })
  if (files.length === 0) return
  await mkdir(path, { recursive: true, mode: 0o700 })
  await Promise.all(files.map(({ name, data }) => writeFile(`${path}/${name}`, data, { mode: 0o600, flush: true })))
}

/** The files that were sent with a turn. */
export const filesOf = (live: Pick<LiveTask, 'journal'>, turn: number): readonly TurnFile[] => {
  for (const event of live.journal.select('turn.queued')) if (event.turn === turn) return event.files ?? []
  return []
}
