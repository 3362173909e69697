import { BerthError } from '../domain/errors.ts'
import type { EngineCli, InstallOptions } from './install.ts'
import type { Inspected } from './list-images.ts'
import { tryRun } from './run.ts'

export type FoundImage = { readonly engine: EngineCli; readonly image: Inspected }

/** The engines that have this image of Berth; an error where none has it, or it is somebody else's. */
export const findImage = async (
  ref: string,
  engines: readonly EngineCli[],
  options: InstallOptions,
): Promise<readonly [FoundImage, ...FoundImage[]]> => {
  if (!/^[a-z0-9][\w./:@-]*$/.test(ref)) throw new BerthError('bad-image', `${ref}: not an image name`)
  const answers = await Promise.all(
    engines.map(async (engine): Promise<readonly FoundImage[]> => {
      const shown = await tryRun([...engine.argv, 'image', 'inspect', ref], options, { limitMs: 30_000 })
      if (shown.code !== 0) return []
      const [image] = JSON.parse(shown.stdout.toString()) as readonly Inspected[]
      return image === undefined ? [] : [{ engine, image }]
    }),
  )
  const [first, ...others] = answers.flat()
  if (first === undefined) {
    const asked = engines.map(({ label }) => label).join(', ')
    throw new BerthError('image-missing', `${asked}: no image ${ref} here`, {
      hint: '`berth image ls` lists the images of Berth, `berth image build KIND` builds one.',
    })
  }
  const strange = [first, ...others].find(({ image }) => image.Config.Labels?.['berth.image'] === undefined)
  if (strange === undefined) return [first, ...others]
  throw new BerthError('not-allowed', `${ref} is not an image of Berth (${strange.engine.label})`, {
    hint: '`berth image ls` lists the images of Berth.',
  })
}
