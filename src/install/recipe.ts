import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { seccompText } from '../domain/seccomp-profile.ts'
import { type Stage, stagesOf } from './containerfile.ts'
import { contentHash } from './content-hash.ts'
import type { ImageKind } from './image-name.ts'
import type { BuildStamp, InstallOptions } from './install.ts'

/** What a Debian for the family is made of where no registry answers. */
export const DEBIAN = { suite: 'bookworm', variant: 'minbase', include: 'ca-certificates' } as const
export const DEBIAN_IMAGE = 'debian:bookworm-slim'
/** Lets git inside a sandbox read from the mirror. */
export const GIT_HELPER = 'images/toolbox/git-remote-berth'
/** Answers git's questions for a login; also in the images. */
export const GIT_ASKPASS = 'images/base/git-askpass'
/** Starts the program of the image that works without Berth, or another one in its place. */
export const STANDALONE_LAUNCHER = 'images/worker/standalone'
/** What gathers the toolbox' part of the agent image. */
export const COLLECTORS = ['collect.sh', 'keep.sh', 'restore.c', 'start.c'].map((name) => `images/toolbox/${name}`)
/** Raised when the toolbox' layout changes. */
const LAYOUT = '5'

export type Recipe = {
  /** Tag of the agent image. */
  readonly image: string
  /** Tag of the Debian that is made here. */
  readonly debian: string
  /** What npm brings: Node, npm, the agent CLIs, terminals. */
  readonly npm: string
  /** What the agent image brings: git, init, loader and libraries. */
  readonly system: string
  readonly toolbox: (programs: Pick<BuildStamp, 'worker' | 'standalone'>) => string
  /** Tag of an image of the family; `toolbox` is the hash of the one that the worker image takes in. */
  readonly tag: (kind: ImageKind, toolbox: string) => string
  readonly stage: (kind: ImageKind) => Stage
  /** The image that this one is built on; null for the first. */
  readonly parent: (kind: ImageKind) => ImageKind | null
}

/** One run of an installation: its options and the names of what it makes. */
export type Work = InstallOptions & { readonly names: Recipe }

type Family = Pick<Recipe, 'tag' | 'stage' | 'parent'>

const family = (root: string): Family => {
  const stages = stagesOf(readFileSync(join(root, 'images/Containerfile'), 'utf8'))
  const stage = (kind: ImageKind): Stage => {
    const found = stages.find(({ name }) => name === kind)
    if (found === undefined) throw new Error(`images/Containerfile has no stage ${kind}`)
    return found
  }
  const parent = (kind: ImageKind) => (stages.find(({ name }) => name === stage(kind).from)?.name ?? null) as ImageKind
  const tag = (kind: ImageKind, toolbox: string): string => {
    const files = existsSync(join(root, 'images', kind)) ? [`images/${kind}`] : []
    const before = parent(kind)
    const extra = [kind === 'worker' ? toolbox : '', before === null ? '' : tag(before, toolbox)]
    return contentHash(root, files, [stage(kind).body, ...extra])
  }
  return { tag, stage, parent }
}

/** The names of everything an installation holds, by content: a name that is there is never made again. */
export const recipe = (root: string): Recipe => {
  const images = family(root)
  const image = images.tag('agent', '')
  const npm = contentHash(root, ['images/toolbox/package.json', 'images/toolbox/package-lock.json'])
  const system = contentHash(root, COLLECTORS, [image, npm])
  return {
    ...images,
    image,
    npm,
    system,
    debian: contentHash(root, [], [DEBIAN.suite, DEBIAN.variant, DEBIAN.include]),
    toolbox: ({ worker, standalone }) =>
      contentHash(
        root,
        [GIT_HELPER, GIT_ASKPASS, STANDALONE_LAUNCHER],
        [LAYOUT, system, worker, standalone, seccompText()],
      ),
  }
}
