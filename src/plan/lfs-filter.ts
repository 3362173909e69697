import type { TaskRequest } from '../domain/request.ts'
import { LFS } from '../domain/worker-protocol.ts'
import { shellWord } from '../std/shell-word.ts'
import type { Paths } from './paths.ts'

/** The beginning of the command of git's filter of Git LFS; undefined: the task has none. */
export const lfsFilter = (
  { lfs }: Pick<TaskRequest, 'lfs'>,
  { mirror, helper }: Pick<Paths, 'mirror' | 'helper'>,
): string | undefined => (lfs === 'on' && mirror !== null ? [...helper, LFS].map(shellWord).join(' ') : undefined)
