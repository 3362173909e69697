import type { TurnFile } from '../domain/turn-file.ts'
import { FILES_FOLDER } from '../domain/worker-protocol.ts'

export type PlannedFile = TurnFile & {
  /** Where the agent finds it. */
  readonly path: string
}

export const planFiles = (files: readonly TurnFile[], exchange: string): readonly PlannedFile[] =>
  files.map((file) => ({ ...file, path: `${exchange}/${FILES_FOLDER}/${file.name}` }))

/** The prompt as the agent is told it: at its end the files that go with it, by their paths. */
export const toldPrompt = (prompt: string, files: readonly PlannedFile[]): string =>
  files.length === 0
    ? prompt
    : `${prompt}\n\nFiles that go with this prompt:\n${files.map(({ path }) => `- ${path}\n`).join('')}`
