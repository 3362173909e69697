import { oddRef, stashRef } from '../domain/kept-ref.ts'
import { refProblem } from '../domain/ref-name.ts'
import { type Head, readRefs, readStash } from './read-refs.ts'
import type { Scratch } from './scratch-repository.ts'

const MOST_BRANCHES = 1000
const MOST_TAGS = 500
const MOST_STASHED = 100

export type OtherRefs = {
  readonly refs: ReadonlyMap<string, string>
  /** Names of those that are not among them. */
  readonly unkept: readonly string[]
}

type Rows = readonly (readonly [ref: string, sha: string])[]

/** Git leaves a ref out of a bundle whose name could be that of another, and a host does not take all names. */
const isOdd = (name: string) => name === 'HEAD' || name.startsWith('refs/') || refProblem(name) !== undefined

const shortName = (ref: string) => ref.replace(/^refs\/heads\//, '').replace(/^refs\/tags\//, 'tags/')

/** The first of them, odd ones under a name of ours, and the names of the rest. */
const bounded = (rows: Rows, most: number): { readonly kept: Rows; readonly unkept: readonly string[] } => {
  const kept: (readonly [string, string])[] = []
  const unkept: string[] = []
  for (const [ref, sha] of rows) {
    const name = ref.replace(/^refs\/(?:heads|tags)\//, '')
    const as = isOdd(name) ? oddRef(shortName(ref)) : ref
    if (as === undefined || kept.length >= most) unkept.push(shortName(ref))
    else kept.push([as, sha])
  }
  return { kept, unkept }
}

/** Tags may name what is no commit; those stay behind. */
const ofCommits = async (scratch: Scratch, tags: Rows): Promise<Rows> => {
  if (tags.length === 0) return []
  const input = tags.map(([, sha]) => `${sha}^{commit}\n`).join('')
  const { stdout } = await scratch.git(['cat-file', '--batch-check=%(objecttype)'], { input })
  const types = stdout.split('\n')
  return tags.filter((_, at) => types[at] === 'commit')
}

/** What of the agent's repository has commits beside HEAD that the mirror has not: branches, tags, stashes. */
export const otherRefs = async (input: {
  readonly scratch: Scratch
  readonly repository: string
  readonly mirror: string
  readonly branches: ReadonlyMap<string, string>
  readonly head: Head
  /** Commits of the mirror's branches. */
  readonly seen: ReadonlySet<string>
}): Promise<OtherRefs> => {
  const { scratch, repository, mirror, head, seen } = input
  const isNew = ([ref, sha]: readonly [string, string]) => ref !== head.ref && !seen.has(sha)
  const branches = bounded([...input.branches].filter(isNew), MOST_BRANCHES)
  const tagged = readRefs(repository, ['refs/tags'])
  const known = tagged.size === 0 ? tagged : readRefs(mirror, ['refs/tags'])
  const fresh = [...tagged].filter((row) => isNew(row) && row[1] !== head.sha && known.get(row[0]) !== row[1])
  const tags = bounded(fresh, MOST_TAGS)
  const stashed = readStash(repository).map((sha, at) => [stashRef(at), sha] as const)
  const rows = [...branches.kept, ...(await ofCommits(scratch, tags.kept)), ...stashed.slice(0, MOST_STASHED)]
  const deep = stashed.slice(MOST_STASHED).map((_, at) => `stash@{${MOST_STASHED + at}}`)
  return { refs: new Map(rows), unkept: [...branches.unkept, ...tags.unkept, ...deep] }
}
