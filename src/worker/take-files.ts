import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FrameBody, WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'
import { readHomeFile } from '../std/read-home-file.ts'

type Taken = Extract<FrameBody, { k: 'taken' }>

/** Copies the files that the order wants out of the home into the exchange, and tells what became of them. */
export const takeFiles = ({ take = [], paths }: Pick<WorkOrder, 'take' | 'paths'>): readonly Taken[] =>
  take.flatMap(({ path, file }): readonly Taken[] => {
    try {
      const bytes = readHomeFile(paths.home, path)
      const target = join(paths.exchange, file)
      // The agent, which is gone now, may have left one of its own.
      rmSync(target, { recursive: true, force: true })
      if (bytes === undefined) return []
      writeFileSync(target, bytes, { flag: 'wx' })
      return [{ k: 'taken', file }]
    } catch (error) {
      return [{ k: 'taken', file, problem: errorMessage(error) }]
    }
  })
