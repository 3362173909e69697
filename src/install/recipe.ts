import { seccompText } from '../domain/seccomp-profile.ts'
import { contentHash } from './content-hash.ts'
import type { BuildStamp, InstallOptions } from './install.ts'

/** What a Debian for the agent image is made of where no registry answers. */
export const BASE = { suite: 'bookworm', variant: 'minbase', include: 'ca-certificates' } as const
export const BASE_IMAGE = 'debian:bookworm-slim'
/** Lets git inside a sandbox read from the mirror. */
export const GIT_HELPER = 'images/toolbox/git-remote-berth'
/** Starts the program of the image that works without Berth, or another one in its place. */
export const STANDALONE_LAUNCHER = 'images/worker/standalone'
/** Raised when the toolbox' layout changes. */
const LAYOUT = '4'

export type Recipe = {
  /** Tag of the agent image. */
  readonly image: string
  readonly base: string
  /** What npm brings: Node, npm, the agent CLIs, terminals. */
  readonly npm: string
  /** What the agent image brings: git, init, loader and libraries. */
  readonly system: string
  readonly toolbox: (programs: Pick<BuildStamp, 'worker' | 'standalone'>) => string
}

/** One run of an installation: its options and the names of what it makes. */
export type Work = InstallOptions & { readonly names: Recipe }

/** The names of everything an installation holds, by content: a name that is there is never made again. */
export const recipe = (root: string): Recipe => {
  const image = contentHash(root, ['images/Containerfile', 'images/agent'])
  const npm = contentHash(root, ['images/toolbox/package.json', 'images/toolbox/package-lock.json'])
  const system = contentHash(root, ['images/toolbox/collect.sh'], [image, npm])
  return {
    image,
    npm,
    system,
    base: contentHash(root, [], [BASE.suite, BASE.variant, BASE.include]),
    toolbox: ({ worker, standalone }) =>
      contentHash(root, [GIT_HELPER, STANDALONE_LAUNCHER], [LAYOUT, system, worker, standalone, seccompText()]),
  }
}
