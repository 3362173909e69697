import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { BASE_NAME } from './image-name.ts'
import type { EngineCli } from './install.ts'
import { BASE, BASE_IMAGE, type Work } from './recipe.ts'
import { isMissing, run, tryRun } from './run.ts'

const importBase = async (engine: EngineCli, name: string, work: Work): Promise<void> => {
  work.progress('no registry answers: building a Debian image with mmdebstrap')
  const folder = await mkdtemp(join(tmpdir(), 'berth-base-'))
  const tar = join(folder, 'rootfs.tar')
  try {
    const argv = ['mmdebstrap', '--quiet', `--variant=${BASE.variant}`, `--include=${BASE.include}`, BASE.suite, tar]
    const made = await tryRun(argv, work, { limitMs: 600_000 })
    if (made.code !== 0) {
      const why = isMissing(made) ? 'mmdebstrap is not installed' : made.stderr.trim().split('\n').at(-1)
      throw new BerthError('image-missing', `no base for the agent image: ${BASE_IMAGE} cannot be pulled, and ${why}`, {
        hint: 'Install mmdebstrap, or name a Debian bookworm image with BERTH_BASE_IMAGE.',
      })
    }
    await run([...engine.argv, 'import', tar, name], work, { limitMs: 300_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The image the agent image starts from: the named one, one that is there, a registry's, else one made here. */
export const baseImage = async (engine: EngineCli, work: Work): Promise<string> => {
  const asked = work.env['BERTH_BASE_IMAGE']
  if (asked !== undefined && asked !== '') return asked
  const own = `${BASE_NAME}:${work.names.base}`
  for (const name of [own, BASE_IMAGE]) {
    const there = await tryRun([...engine.argv, 'image', 'inspect', name], work, { limitMs: 30_000 })
    if (there.code === 0) return name
  }
  const pulled = await tryRun([...engine.argv, 'pull', '--quiet', BASE_IMAGE], work, {
    limitMs: 180_000,
  })
  if (pulled.code === 0) return BASE_IMAGE
  await importBase(engine, own, work)
  return own
}
