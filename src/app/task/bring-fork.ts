import { copyFile, mkdir } from 'node:fs/promises'
import { taskPaths } from '../../domain/task-paths.ts'
import { forkParts } from '../../plan/plan-fork.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import type { Forked } from './fork-point.ts'

export type ForkSource = {
  readonly point: Forked
  /** The folder of the task that is forked. */
  readonly folder: string
  readonly signal: AbortSignal
}

/** Brings the commits and the agent's session of a fork's source into the folder of the new task. */
export const bringFork = async (
  { git }: Pick<Deps, 'git'>,
  { point, folder, signal }: ForkSource,
  into: string,
): Promise<void> => {
  const { base } = point
  const { work, session } = forkParts(point, base)
  const from = taskPaths(folder)
  const { fork } = taskPaths(into)
  await mkdir(fork.folder, { mode: 0o700 })
  const commits = [...new Set([point.head, point.wip ?? point.head])]
  if (work) {
    await git.pack({ publish: from.publish, commits, base, into: fork.objects, signal })
    await git.copyLfs({ publish: from.publish, base, heads: commits, into: `${fork.objects}/pack`, signal })
  }
  if (session) await copyFile(from.session(point.snapshot ?? 0), fork.session)
  faultPoint('fork.packed')
}
