import type { DiffAsked } from '../app/verbs/diff-task.ts'
import { BerthError } from '../domain/errors.ts'

/** Which of a task's work is asked for. */
export const diffQuery = (query: URLSearchParams): DiffAsked => {
  const turn = query.get('turn')
  if (turn !== null && !/^[1-9]\d{0,8}$/.test(turn))
    throw new BerthError('bad-request', `--turn ${turn}: not the number of a turn`)
  return {
    stat: query.get('stat') === 'true',
    names: query.get('names') === 'true',
    binary: query.get('binary') !== 'false',
    branch: query.get('branch') ?? undefined,
    turn: turn === null ? undefined : Number(turn),
    paths: query.getAll('path'),
  }
}
