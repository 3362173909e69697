import type { TurnFile } from '../domain/turn-file.ts'
import { FILES_FOLDER } from '../domain/worker-protocol.ts'

export type PlannedFile = TurnFile & {
  /** Where the agent finds it. */
  readonly path: string
}

export const planFiles = (files: readonly TurnFile[], exchange: string): readonly PlannedFile[] =>
  files.map((file) => ({ ...file, path: `${exchange}/${FILES_FOLDER}/${file.name}` }))
