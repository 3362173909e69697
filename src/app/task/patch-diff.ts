import { createReadStream, existsSync } from 'node:fs'
import { patchFiles, patchStat } from '../../domain/patch-files.ts'
import { taskPaths } from '../../domain/task-paths.ts'

type Shown = {
  readonly stat: boolean
  /** Only the names of the files. */
  readonly names: boolean
  /** Files and folders, from the work's top; none: all. */
  readonly paths: readonly string[]
}

/** The changes of all turns on a copied folder: each patch contains the ones before it. */
export async function* patchDiff(folder: string, turn: number | null, shown: Shown): AsyncGenerator<Buffer> {
  if (turn === null) return
  const path = taskPaths(folder).patch(turn)
  if (!existsSync(path)) return
  const wanted = shown.paths.map((one) => Buffer.from(one).toString('latin1'))
  const reader = patchFiles(
    (file) => wanted.length === 0 || wanted.some((one) => file === one || file.startsWith(`${one}/`)),
  )
  const whole = !shown.stat && !shown.names
  for await (const chunk of createReadStream(path))
    for (const piece of reader.take(chunk as Buffer)) if (whole) yield piece
  if (shown.stat) yield Buffer.from(patchStat(reader.files), 'latin1')
  if (shown.names) for (const file of reader.files) yield Buffer.from(`${file.shown}\n`, 'latin1')
}
