import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileDurably } from '../std/write-file-durably.ts'

const FILE = 'amended'
const ROW = /^([0-9a-f]{40}|[0-9a-f]{64}) ([0-9a-f]+)$/

/** What became of commits that were made again: a repetition after a crash finds the same, and needs no second signature. */
export const readAmended = async (publish: string): Promise<ReadonlyMap<string, string>> => {
  const text = await readFile(join(publish, FILE), 'utf8').catch(() => '')
  const rows = text.split('\n').flatMap((line) => {
    const [, from, to] = ROW.exec(line) ?? []
    return from === undefined || to === undefined || to.length !== from.length ? [] : [[from, to] as const]
  })
  return new Map(rows)
}

export const writeAmended = async (publish: string, amended: ReadonlyMap<string, string>): Promise<void> =>
  await writeFileDurably(join(publish, FILE), [...amended].map(([from, to]) => `${from} ${to}\n`).join(''))
