import { lstatSync } from 'node:fs'
import { type NarrowOrder, ordersOf } from '../domain/narrow-order.ts'
import type { WorkOrder } from '../domain/worker-protocol.ts'
import { type Finished, finishClone } from './finish-clone.ts'
import { finishFailure } from './finish-failure.ts'
import type { FrameWriter } from './frame-writer.ts'
import { strayNames } from './stray-names.ts'

type Input = {
  readonly order: WorkOrder
  readonly finish: NonNullable<WorkOrder['finish']>
  readonly frames: Pick<FrameWriter, 'send'>
  /** What of the agent's session could not be kept. */
  readonly session: Promise<string | undefined>
}

/** What a frame tells beside the work; the main repository's tells of the whole task. */
type Extra = {
  readonly repository?: string
  readonly stray: readonly string[]
  readonly session?: Promise<string | undefined>
}

/** The folders of the repositories, the main one's first; empty: there is one repository. */
const foldersOf = ({ workspace, further = [] }: WorkOrder): readonly string[] =>
  workspace.kind !== 'clone' || workspace.folder === undefined
    ? []
    : [workspace.folder, ...further.map(({ folder }) => folder)]

const isFolder = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true

/** The agent removed the folder of one repository among several, or put something else there. */
const lostWork = ({ workspace: { base, branch }, paths }: NarrowOrder): Finished => ({
  work: {
    ...{ k: 'work', head: base || null, base, branch, branches: [], uncommitted: [], committed: false, bundle: null },
    problem: `the folder ${paths.work} is not there any more, so nothing of its repository is kept`,
  },
})

/** Why the uncommitted files could not be committed; undefined: they could, or there were none. */
const finishOne = async (order: NarrowOrder, input: Input, extra: Extra): Promise<string | undefined> => {
  const { finish, frames } = input
  const isLost = order.paths.work !== input.order.paths.work && !isFolder(order.paths.work)
  const { work, failed } = isLost ? lostWork(order) : await finishClone(order, order.workspace, finish)
  const problems = [work.problem, await extra.session].filter((problem) => problem !== undefined)
  const unkept = [...(work.unkept ?? []), ...extra.stray]
  frames.send({
    ...work,
    ...(extra.repository !== undefined && { repository: extra.repository }),
    ...(unkept.length > 0 && { unkept }),
    ...(problems.length > 0 && { problem: problems.join('; ') }),
  })
  return failed
}

/**
 * Commits and bundles what the agent did in each repository, and tells it. If one fails, the others are bundled all the
 * same. False: one failed.
 */
export const finishClones = async (input: Input): Promise<boolean> => {
  const { order, frames, session } = input
  const folders = foldersOf(order)
  let isWhole = true
  for (const [at, one] of ordersOf(order).entries()) {
    const folder = folders[at]
    try {
      const extra: Extra =
        at === 0
          ? { stray: strayNames(order.paths.work, folders), session }
          : { ...(folder !== undefined && { repository: folder }), stray: [] }
      const failed = await finishOne(one, input, extra)
      if (failed === undefined) continue
      frames.send({ ...finishFailure(failed, folder), stage: 'commit' })
    } catch (error) {
      frames.send(finishFailure(error, folder))
    }
    isWhole = false
  }
  return isWhole
}
