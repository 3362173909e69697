import { copyFile, mkdir } from 'node:fs/promises'
import { forkParts } from '../../plan/plan-fork.ts'
import { faultPoint } from '../../std/fault-point.ts'
import type { Deps } from '../deps.ts'
import type { Forked } from './fork-point.ts'
import { sessionOf } from './session-file.ts'

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
  await mkdir(`${into}/fork`, { mode: 0o700 })
  const commits = [...new Set([point.head, point.wip ?? point.head])]
  if (work) await git.pack({ publish: `${folder}/publish.git`, commits, base, into: `${into}/fork/objects`, signal })
  if (session) await copyFile(sessionOf(folder, point.snapshot ?? 0), `${into}/fork/session.tar`)
  faultPoint('fork.packed')
}
