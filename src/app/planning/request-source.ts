import { existsSync, realpathSync, statSync } from 'node:fs'
import type { CallerContext } from '../../domain/caller-context.ts'
import { BerthError } from '../../domain/errors.ts'
import type { TaskRequest } from '../../domain/request.ts'
import { parseSource, type Source } from '../../domain/source.ts'
import type { Deps } from '../deps.ts'

/** The real path of a folder of this machine. BerthError bad-repository. */
export const realFolder = (path: string): string => {
  if (!existsSync(path)) throw new BerthError('bad-repository', `${path}: there is no such folder`)
  const real = realpathSync(path)
  if (!statSync(real).isDirectory()) throw new BerthError('bad-repository', `${path} is a file, not a folder`)
  return real
}

type Input = {
  readonly deps: Pick<Deps, 'forges'>
  readonly request: Pick<TaskRequest, 'repo'>
  readonly caller: Pick<CallerContext, 'env'>
}

/** What the request names. */
export const parsedSource = ({ deps, request, caller }: Input): Source =>
  parseSource(request.repo, { home: caller.env['HOME'], host: deps.forges.host })
