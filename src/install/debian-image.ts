import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BerthError } from '../domain/errors.ts'
import { DEBIAN_NAME } from './image-name.ts'
import type { EngineCli } from './install.ts'
import { DEBIAN, DEBIAN_IMAGE, type Work } from './recipe.ts'
import { isMissing, run, tryRun } from './run.ts'

const importDebian = async (engine: EngineCli, name: string, work: Work): Promise<void> => {
  work.progress('no registry answers: building a Debian image with mmdebstrap')
  const folder = await mkdtemp(join(tmpdir(), 'berth-debian-'))
  const tar = join(folder, 'rootfs.tar')
  try {
    const argv = [
      'mmdebstrap',
      '--quiet',
      `--variant=${DEBIAN.variant}`,
      `--include=${DEBIAN.include}`,
      DEBIAN.suite,
      tar,
    ]
    const made = await tryRun(argv, work, { limitMs: 600_000 })
    if (made.code !== 0) {
      const why = isMissing(made) ? 'mmdebstrap is not installed' : made.stderr.trim().split('\n').at(-1)
      throw new BerthError('image-missing', `no base for the images: ${DEBIAN_IMAGE} cannot be pulled, and ${why}`, {
        hint: 'Install mmdebstrap, or name a Debian bookworm image with BERTH_BASE_IMAGE.',
      })
    }
    await run([...engine.argv, 'import', tar, name], work, { limitMs: 300_000 })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The image that the family starts from: the named one, one that is there, a registry's, else one made here. */
export const debianImage = async (engine: EngineCli, work: Work): Promise<string> => {
  const asked = work.env['BERTH_BASE_IMAGE']
  if (asked !== undefined && asked !== '') return asked
  const own = `${DEBIAN_NAME}:${work.names.debian}`
  for (const name of [own, DEBIAN_IMAGE]) {
    const there = await tryRun([...engine.argv, 'image', 'inspect', name], work, { limitMs: 30_000 })
    if (there.code === 0) return name
  }
  const pulled = await tryRun([...engine.argv, 'pull', '--quiet', DEBIAN_IMAGE], work, {
    limitMs: 180_000,
  })
  if (pulled.code === 0) return DEBIAN_IMAGE
  await importDebian(engine, own, work)
  return own
}
