import { recordsOf } from '../../domain/work-part.ts'
import type { Deps } from '../deps.ts'

/** The mirrors from which existing tasks borrow objects, archived tasks too. */
export const usedMirrors = (deps: Pick<Deps, 'git' | 'store'>): ReadonlySet<string> =>
  new Set(
    deps.store
      .list({ all: true })
      .flatMap(recordsOf)
      .flatMap(({ repository: { kind, url } }) => (kind === 'clone' && url !== null ? [deps.git.mirrorPath(url)] : [])),
  )
