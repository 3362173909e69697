import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { LogChunk } from '../engine.ts'
import { FILE } from './host-container.ts'

const PIECE_BYTES = 256 * 1024

/** Reads on in a file where it came to before; nothing where there is none yet. */
const reader = (path: string, stream: LogChunk['stream']) => {
  let at = 0
  let file: number | undefined
  const open = () => {
    try {
      file = openSync(path, 'r')
    } catch {
      // It is not there yet.
    }
  }
  return {
    *rest(): Generator<LogChunk> {
      if (file === undefined) open()
      for (;;) {
        if (file === undefined) return
        const piece = Buffer.allocUnsafe(PIECE_BYTES)
        const size = readSync(file, piece, 0, PIECE_BYTES, at)
        if (size === 0) return
        at += size
        yield { stream, data: piece.subarray(0, size) }
      }
    },
    close: () => {
      if (file !== undefined) closeSync(file)
    },
  }
}

/** What a container wrote, from its start; with each turn of `turns` what has come since, up to the one that is `over`. */
export async function* hostLog(
  folder: string,
  turns: AsyncIterable<{ readonly over: boolean }>,
): AsyncGenerator<LogChunk> {
  const files = [reader(join(folder, FILE.stdout), 'stdout'), reader(join(folder, FILE.stderr), 'stderr')]
  try {
    for await (const { over } of turns) {
      for (const file of files) yield* file.rest()
      if (over) return
    }
  } finally {
    for (const file of files) file.close()
  }
}
