import { readFileSync } from 'node:fs'
import { replaceFile } from '../../std/replace-file.ts'
import type { FileMark } from '../../std/rotating-file.ts'

/** How far a transcript is written: the number of the last event that it has, and its newest file then. */
export type TranscriptMark = { readonly seq: number; readonly file: FileMark }

const isMark = (value: Partial<TranscriptMark> | null): value is TranscriptMark =>
  typeof value?.seq === 'number' && typeof value.file?.inode === 'string' && typeof value.file.size === 'number'

/** Undefined where there is none, or a damaged one: the transcript is then made again. */
export const readMark = (path: string): TranscriptMark | undefined => {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Partial<TranscriptMark> | null
    return isMark(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A mark that cannot be written, or is lost, costs time alone. */
export const writeMark = (path: string, mark: TranscriptMark): void => {
  try {
    replaceFile(path, `${JSON.stringify(mark)}\n`)
  } catch {}
}
