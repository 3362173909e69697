import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BerthError } from '../../domain/errors.ts'
import type { ImageFit } from '../../domain/image-fit.ts'
import { writeFileDurably } from '../../std/write-file-durably.ts'
import type { Trial } from '../deps.ts'
import { IMAGE_PROBE, readFit } from './image-probe.ts'
import { runProbe } from './run-probe.ts'

/** Berth's own image. */
const OURS: ImageFit = { shell: true, temporary: true, unknown: [] }

const readKnown = (path: string): Record<string, unknown> => {
  try {
    return { ...(JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown> | null) }
  } catch {
    return {}
  }
}

const refuseForeign = ({ info, reference, image }: Trial) => {
  if (image.os === 'linux' && image.architecture === info.architecture) return
  throw new BerthError(
    'image-unfit',
    `the image ${reference} is for ${image.os}/${image.architecture}, and ${info.kind} here runs linux/${info.architecture}`,
  )
}

const refuseUnfit = ({ reference, image }: Trial, { shell, unknown }: ImageFit) => {
  if (!shell)
    throw new BerthError('image-unfit', `the image ${reference} has no /bin/sh that runs, and an agent needs a shell`)
  if (unknown.length > 0)
    throw new BerthError(
      'image-unfit',
      `the image ${reference} runs as ${image.user}, and its /etc/passwd and /etc/group do not have ${unknown.join(' and ')}`,
    )
}

const lookInto = async (trial: Trial, state: string): Promise<ImageFit> => {
  const { code, text } = await runProbe({ state, trial, script: IMAGE_PROBE, words: [trial.image.user] }, trial.signal)
  const fit = code === 0 ? readFit(text) : undefined
  if (fit !== undefined) return fit
  throw new BerthError(
    'image-unfit',
    `the image ${trial.reference} cannot run the toolbox (exit code ${code})${text === '' ? '' : `: ${text}`}`,
  )
}

/**
 * Refuses an image that no agent can work in, and tells what it lacks. Looks into each image once; what it found is
 * remembered.
 */
export const imageChecker =
  (state: string) =>
  async (trial: Trial): Promise<ImageFit> => {
    const { image, toolbox } = trial
    refuseForeign(trial)
    if (trial.own) return OURS
    const key = `${image.id} ${toolbox.hash}`
    const path = join(state, 'images.json')
    const known = readFit(JSON.stringify(readKnown(path)[key] ?? null))
    const fit = known ?? (await lookInto(trial, state))
    refuseUnfit(trial, fit)
    if (known === undefined) await writeFileDurably(path, JSON.stringify({ ...readKnown(path), [key]: fit }))
    return fit
  }
