import { join } from 'node:path'
import { keptName } from '../domain/kept-ref.ts'
import { refProblem } from '../domain/ref-name.ts'
import type { FrameBody, WorkOrder } from '../domain/worker-protocol.ts'
import { errorMessage } from '../std/error-message.ts'
import { changedFiles, commitIndex, giveIndex, stageAll, takeMerge } from './commit-state.ts'
import { findNested } from './find-nested.ts'
import { namedRepository, placeBelow } from './git-file.ts'
import { giveObjects } from './give-objects.ts'
import { moveHead } from './move-head.ts'
import { filesBelowLinks, nestedWork } from './nested-work.ts'
import { otherRefs } from './other-refs.ts'
import { publishedHead } from './published-head.ts'
import { type Head, readHead, readRefs, readRegular } from './read-refs.ts'
import { removeLocks } from './remove-locks.ts'
import { type Scratch, scratchRepository } from './scratch-repository.ts'
import { besideCommit, judgeNested, type Staged, stageNested } from './stage-nested.ts'
import { unfinishedWork } from './unfinished.ts'
import { type Bundle, writeBundle } from './write-bundle.ts'
import { isSha256 } from './write-repository.ts'

type Clone = Extract<WorkOrder['workspace'], { kind: 'clone' }>
type Finish = NonNullable<WorkOrder['finish']>
type Work = Extract<FrameBody, { k: 'work' }>

const HEADS = 'refs/heads/'
const WIP = 'refs/berth/wip'
const KNOWN = 'refs/remotes/origin/'
const BASE = 'refs/berth/base'

/** The name of the branch that HEAD is on, where a host would take it. */
const branchOf = ({ ref }: Head): string | undefined => {
  const name = ref?.startsWith(HEADS) === true ? ref.slice(HEADS.length) : ''
  return refProblem(name) === undefined && name !== 'HEAD' && !name.startsWith('refs/') ? name : undefined
}

const messageOf = (finish: Finish) => `${finish.message}\n\n${finish.trailer}\n`

type KeptState = {
  readonly head: string | null
  readonly wip: string | null
  readonly committed: boolean
  /** Names of the files that were not committed. A git may run for it, beside others. */
  readonly uncommitted: () => Promise<readonly string[]>
  readonly problem?: string
  /** Why the uncommitted files could not be committed; the commits are bundled all the same. */
  readonly failed?: string
}

const keepState = async (
  scratch: Scratch,
  order: WorkOrder,
  finish: Finish,
  repository: string,
  head: Head,
  nested: readonly Staged[],
  /** Gets the names of those whose files could not be read. */
  lost: string[],
): Promise<KeptState> => {
  const committing = finish.uncommitted === 'commit'
  const message = committing ? messageOf(finish) : `Uncommitted work of ${order.task}\n\n${finish.trailer}\n`
  const none = { head: head.sha, wip: null, committed: false }
  let names: readonly string[] = []
  try {
    const { uncommitted, ...problem } = await stageAll(scratch, head.sha, besideCommit(nested))
    names = uncommitted ?? []
    lost.push(...(await stageNested(scratch, nested)))
    if (committing) takeMerge(scratch, repository)
    const sha = await commitIndex(scratch, message)
    if (sha === null) return { ...none, uncommitted: async () => names, ...problem }
    const changed = async () => uncommitted ?? (await changedFiles(scratch, head.sha, sha))
    if (!committing) return { ...none, wip: sha, uncommitted: changed, ...problem }
    if (moveHead(repository, head, sha)) giveIndex(scratch, repository)
    return { head: sha, wip: sha, committed: true, uncommitted: changed, ...problem }
  } catch (error) {
    return { ...none, uncommitted: async () => names, failed: errorMessage(error) }
  }
}

/** The files as HEAD has them, in the folder and in the index; what is ignored stays. */
const discard = async (scratch: Scratch, repository: string, head: string) => {
  const result = await scratch.git(['read-tree', '--reset', '-u', head])
  if (result.code === 0) giveIndex(scratch, repository)
}

/** The agent may have put its repository elsewhere and left a file that names the place. */
const repositoryOf = (work: string): string => {
  const git = join(work, '.git')
  const elsewhere = namedRepository(readRegular(git))
  return elsewhere === undefined ? git : placeBelow(work, elsewhere)
}

/** What the mirror has, by the names it gets in our repository. */
const knownRefs = (clone: Clone): Map<string, string> => {
  const known = new Map<string, string>()
  for (const [ref, sha] of readRefs(clone.mirror, ['refs/heads'])) known.set(KNOWN + ref.slice(HEADS.length), sha)
  if (clone.base !== '') known.set(BASE, clone.base)
  return known
}

/** Where the agent left its repository; where it left none, it counts as standing on its branch at the base. */
const whereabouts = (repository: string, clone: Clone): { head: Head; branches: Map<string, string> } => {
  const branches = readRefs(repository, ['refs/heads'])
  const head = readHead(repository, branches)
  if (head.sha !== null || (head.ref !== null && clone.base === '')) return { head, branches }
  return {
    head: { ref: head.ref ?? (clone.branch === '' ? null : HEADS + clone.branch), sha: clone.base || null },
    branches,
  }
}

/** All refs of the bundle's repository, and those of the work itself. */
const bundledRefs = (input: {
  readonly known: ReadonlyMap<string, string>
  readonly others: ReadonlyMap<string, string>
  readonly published: Head
  readonly wip: string | null
  readonly base: string
}) => {
  const { known, others, published, wip, base } = input
  const refs = new Map([...known, ...others])
  const main: string[] = []
  if (published.sha !== null && published.sha !== base) {
    main.push('HEAD')
    if (published.ref !== null && branchOf(published) !== undefined) {
      refs.set(published.ref, published.sha)
      main.push(published.ref)
    }
  }
  if (wip !== null) {
    refs.set(WIP, wip)
    main.push(WIP)
  }
  return { refs, main }
}

export type Finished = {
  readonly work: Work
  /** Why the uncommitted files could not be committed; the commits are bundled all the same. */
  readonly failed?: string
}

/** What the host is told of the work; `refs`: those that were to be bundled. */
const workFrame = (input: {
  readonly kept: KeptState
  readonly published: Head
  readonly base: string
  readonly refs: readonly string[]
  readonly bundle: Bundle
  readonly uncommitted: readonly string[]
  readonly notes: readonly string[]
  readonly unfinished: Work['unfinished']
  /** What could not be kept, before the bundle was made. */
  readonly lost: readonly string[]
}): Work => {
  const { kept, published, base, refs, bundle, uncommitted, notes, unfinished, lost } = input
  const said = [bundle.problem ?? kept.problem, ...notes].filter((text) => text !== undefined)
  const unkept = [...lost, ...bundle.left.map((ref) => keptName(ref) ?? ref)]
  return {
    k: 'work',
    head: published.sha,
    base,
    branch: branchOf(published) ?? '',
    branches: refs.filter((ref) => ref.startsWith(HEADS)).map((ref) => ref.slice(HEADS.length)),
    uncommitted,
    committed: kept.committed,
    bundle: bundle.bytes,
    ...(said.length > 0 && { problem: said.join('; ') }),
    ...(unfinished !== undefined && { unfinished }),
    ...(unkept.length > 0 && { unkept }),
  }
}

/** Commits and bundles what the agent did. Runs when nothing of the agent's is alive any more. */
export const finishClone = async (order: WorkOrder, clone: Clone, finish: Finish): Promise<Finished> => {
  const repository = repositoryOf(order.paths.work)
  removeLocks(repository)
  const { head, branches } = whereabouts(repository, clone)
  const known = knownRefs(clone)
  const seen = new Set(known.values())

  using scratch = scratchRepository({
    order,
    repository,
    mirror: clone.mirror,
    sha256: isSha256(clone.mirror),
    refs: known,
    head: head.sha,
  })
  const unfinished = await unfinishedWork({ repository, work: order.paths.work, git: scratch.git })
  const { work: folder } = order.paths
  const { nested: found, cut } = findNested({ work: folder, repository, scratch: scratch.folder })
  const nested = await judgeNested({ scratch, work: folder, repository, nested: found })
  const lost: string[] = []
  const kept = await keepState(scratch, order, finish, repository, head, nested, lost)
  const below = await filesBelowLinks({ scratch, work: folder, nested, head: kept.head })
  const inside = await nestedWork({ scratch, nested, sha256: isSha256(clone.mirror), known: seen })

  const large = clone.lfs === undefined ? 0 : giveObjects({ repository, ...order.paths, mirror: clone.mirror })
  if (large > 0) lost.push(`${large} files of Git LFS that have too many bytes together`)

  const own = HEADS + clone.branch
  const left = { ref: head.ref, sha: kept.head }
  const dirty = kept.wip !== null || kept.failed !== undefined
  const published = await publishedHead({ scratch, head: left, own, ownSha: branches.get(own), dirty, seen })
  const beside = await otherRefs({ scratch, repository, mirror: clone.mirror, branches, head: published, seen })
  const others = new Map([...beside.refs, ...inside.refs, ...below.refs])
  if (kept.failed !== undefined) lost.unshift('uncommitted files')
  lost.push(...beside.unkept, ...inside.unkept, ...below.unkept)
  if (cut) lost.push('more repositories than were looked at')
  const { refs, main } = bundledRefs({ known, others, published, wip: kept.wip, base: clone.base })
  scratch.setRefs(refs, published.sha)
  const more = [...others.keys()]
  const base = clone.base === '' ? [] : [BASE]
  const on = published === left && seen.has(head.sha ?? '') ? head.sha : null
  const bundling: Promise<Bundle> =
    main.length + more.length === 0
      ? Promise.resolve({ bytes: null, left: [] })
      : writeBundle(order, scratch, {
          main,
          more,
          known: [...known.keys()],
          base,
          on,
          refs: new Map([...refs, ['HEAD', published.sha ?? '']]),
        })
  const [bundle, uncommitted] = await Promise.all([bundling, kept.uncommitted()])
  if (finish.uncommitted === 'discard' && kept.wip !== null && kept.head !== null)
    await discard(scratch, repository, kept.head)
  const { base: from } = clone
  const told = { kept, published, base: from, refs: [...main, ...more], bundle, uncommitted, unfinished, lost }
  const work = workFrame({ ...told, notes: inside.notes })
  return kept.failed === undefined ? { work } : { work, failed: kept.failed }
}
