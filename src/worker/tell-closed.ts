import { accessSync, constants } from 'node:fs'
import type { FrameWriter } from './frame-writer.ts'

const mayWrite = (folder: string): boolean => {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Says of which folders the agent, whose user the worker is, may not write into. */
export const tellClosed = (folders: readonly string[], frames: Pick<FrameWriter, 'send'>): void => {
  for (const name of folders) if (!mayWrite(name)) frames.send({ k: 'unmet', what: 'writable', name })
}
