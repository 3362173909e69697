import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { replaceFile } from '../../std/replace-file.ts'
import type { SavedScreen } from './screen.ts'

/** A screen after frame `n`; later frames stand behind `offset` in the raw file. */
export type Checkpoint = { readonly n: number; readonly offset: number; readonly screen: SavedScreen }

const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  replaceFile(path, text)
}

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

const isCheckpoint = (value: Partial<Checkpoint>): value is Checkpoint =>
  typeof value.n === 'number' && typeof value.offset === 'number' && typeof value.screen?.text === 'string'

/**
 * What a supervisor leaves of a turn's screen for the next one: a checkpoint now and then, and the last frame whose query
 * was answered. Both only save work, or an answer that nobody wants twice; without the files all of it is made again.
 */
export const savedScreen = (path: string) => ({
  checkpoint(): Checkpoint | undefined {
    try {
      const value = JSON.parse(read(`${path}.json`) ?? '{}') as Partial<Checkpoint>
      return isCheckpoint(value) ? value : undefined
    } catch {
      return undefined
    }
  },
  keep: (checkpoint: Checkpoint): void => write(`${path}.json`, JSON.stringify(checkpoint)),
  answered: (): number => Number(read(`${path}.answered`) ?? 0) || 0,
  keepAnswered: (n: number): void => write(`${path}.answered`, String(n)),
  /** For a turn that is over. */
  remove(): void {
    for (const name of [`${path}.json`, `${path}.answered`]) rmSync(name, { force: true })
  },
})

export type ScreenFiles = ReturnType<typeof savedScreen>
