import type { Project } from '../../domain/network/project.ts'
import { clonesOf } from '../../plan/clones-of.ts'
import type { CloneSource, Facts } from '../../plan/facts.ts'
import type { Deps } from '../deps.ts'
import { readFolder, readProject } from './read-project.ts'

const LOCAL_URL = /^file:\/\/(?:localhost)?(?=\/)/i

type Input = { readonly deps: Pick<Deps, 'git'>; readonly signal: AbortSignal }

/** Read where its commit is: in the user's own repository, or in the mirror. */
const ofClone = async ({ deps, signal }: Input, source: CloneSource): Promise<Project | undefined> => {
  const folder = source.url.replace(LOCAL_URL, '')
  const repository = folder.startsWith('/') ? folder : source.mirror
  if (!folder.startsWith('/') && !source.mirrorExists) return undefined
  return await readProject(deps.git, { repository, commit: source.sha, signal })
}

/** What several repositories say together; undefined: one of them was not there to be read. */
export const joinProjects = (all: readonly (Project | undefined)[]): Project | undefined => {
  const read = all.filter((project) => project !== undefined)
  if (read.length < all.length) return undefined
  const each = (key: keyof Project) => [...new Set(read.flatMap((project) => project[key]))]
  return { locks: each('locks'), deny: each('deny'), allow: each('allow') }
}

/** What the repositories of a task say of themselves. BerthError config-invalid. */
export const observeProject = async (
  input: Input,
  { source, further }: Pick<Facts, 'source' | 'further'>,
): Promise<Facts['project']> => {
  if (source.kind === 'copy' || source.kind === 'mount') return readFolder(source.folder)
  const clones = clonesOf({ source, ...(further && { further }) })
  return joinProjects(await Promise.all(clones.map((clone) => ofClone(input, clone))))
}
