import type { TurnFile } from '../domain/turn-file.ts'
import { FILES_FOLDER } from '../domain/worker-protocol.ts'

export type PlannedFile = TurnFile & {
  /** Where the agent finds it. */
  readonly path: string
  /** The prompt names it as `@PATH`, by which the CLI shows it to the model. */
  readonly mention?: true
}

/** Each CLI would want other characters escaped in a way of its own. */
const PLAIN = /^[\w./-]+$/

export const planFiles = (
  files: readonly TurnFile[],
  { exchange, mentions = false }: { readonly exchange: string; readonly mentions?: boolean | undefined },
): readonly PlannedFile[] =>
  files.map((file) => {
    const path = `${exchange}/${FILES_FOLDER}/${file.name}`
    const mention = mentions && file.media !== null && PLAIN.test(path)
    return { ...file, path, ...(mention ? { mention } : {}) }
  })
