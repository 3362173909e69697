import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LABEL } from '../../domain/container-spec.ts'
import { BerthError } from '../../domain/errors.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Trial } from '../deps.ts'
import { runProbe } from './run-probe.ts'

const NO_SHELL = 9
const PROBE = `process.exit(require('fs').existsSync('/bin/sh')?0:${NO_SHELL})`

const readKnown = (path: string): Record<string, boolean> => {
  try {
    return { ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, boolean> | null) }
  } catch {
    return {}
  }
}

/** Refuses an image that cannot run the toolbox, by trying it once for each image; what worked is remembered. */
export const imageChecker =
  (state: string) =>
  async (input: Trial): Promise<void> => {
    const { info, reference, image, toolbox, signal } = input
    if (image.labels[LABEL.managed] === 'true') return
    if (image.os !== 'linux' || image.architecture !== info.architecture) {
      throw new BerthError(
        'image-unfit',
        `the image ${reference} is for ${image.os}/${image.architecture}, and ${info.kind} here runs linux/${info.architecture}`,
      )
    }
    const key = `${image.id} ${toolbox.hash}`
    const path = join(state, 'images.json')
    const known = readKnown(path)
    if (known[key]) return
    const { code, text } = await runProbe({ state, trial: input, script: PROBE }, signal)
    if (code === NO_SHELL)
      throw new BerthError('image-unfit', `the image ${reference} has no /bin/sh, and an agent needs a shell`)
    if (code !== 0)
      throw new BerthError(
        'image-unfit',
        `the image ${reference} cannot run the toolbox (exit code ${code})${text === '' ? '' : `: ${text}`}`,
      )
    await writeFileDurably(path, JSON.stringify({ ...known, [key]: true }))
  }
